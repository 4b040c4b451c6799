"""A web page that paints your webcam: pip install gradio, then python gradio_app.py"""

from functools import cache

import gradio as gr
import numpy as np
from numpy.typing import NDArray

import livestyle

NAMES = [style.card.name for style in livestyle.list_styles()]
load = cache(livestyle.load)  # each style once; they stay loaded as long as the program runs


def paint(rgb: NDArray[np.uint8] | None, name: str) -> NDArray[np.uint8] | None:
    return None if rgb is None else load(name).paint(rgb)


with gr.Blocks(title="livestyle") as page:
    style = gr.Dropdown(NAMES, value=NAMES[0], label="Style")
    with gr.Row():
        camera = gr.Image(sources=["webcam"], streaming=True, label="You")
        painted = gr.Image(label="Painted")
    # One at a time: a style is used by one thread at a time.
    camera.stream(paint, [camera, style], painted, stream_every=0.1, concurrency_limit=1)

if __name__ == "__main__":
    page.launch()  # on this machine only: http://127.0.0.1:7860
