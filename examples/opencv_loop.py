"""Your own OpenCV program with a style in it: python opencv_loop.py [SOURCE] [STYLE]

SOURCE is a camera's number or a video file (default: 0). Any key ends it.
"""

import sys

import cv2

import livestyle


def main(source: str = "0", style_name: str = "mosaic") -> None:
    camera = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    if not camera.isOpened():
        sys.exit(f"OpenCV cannot open {source}.")
    with livestyle.load(style_name) as style:
        while (read := camera.read())[0]:
            painted = style.paint(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
            cv2.imshow("painted", cv2.cvtColor(painted, cv2.COLOR_RGB2BGR))
            if cv2.waitKey(1) != -1:
                break
    camera.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
