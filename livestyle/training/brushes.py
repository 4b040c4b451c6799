"""The brushes that a network can learn: how long a stroke is, how thick, and what it leaves."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """How a painter works; `BRUSHES` has some by name.

    Attributes:
        length, width: of a stroke, as the reach of its smear and the deviation of its blur.
        relief: how much lighter or darker a stroke is than what it paints, 0 to 1.
        tint: how its chroma (Cb, Cr) differs.
        angle: direction on flat areas, in radians; 0 is along a row, pi / 2 down a column.
        calm: what the photo is smoothed along its forms, as a reach.
        contours: how dark contours are drawn, 0 to 1.
        tones: number of steps of luma; 0: all of them.
        cut: if above 0, there is ink and paper only, and tones are lines of this weight, as in a
            woodcut.
        spares_faces: share by which strokes are weaker in faces, 0 to 1.
    """

    length: float = 18
    width: float = 1.6
    relief: float = 0.0
    tint: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.2
    calm: float = 9
    contours: float = 0.0
    tones: int = 0
    cut: float = 0.0
    spares_faces: float = 0.9

    def scaled(self, stroke: float, strength: float) -> "Brush":
        """A brush of another size, that leaves more or less paint.

        Args:
            stroke: factor of all lengths.
            strength: factor of what strokes do to light and colours.
        """
        blue, red = self.tint
        return replace(
            self,
            length=stroke * self.length,
            width=stroke * self.width,
            calm=stroke * self.calm,
            relief=strength * self.relief,
            tint=(strength * blue, strength * red),
            cut=strength * self.cut,
        )


BRUSHES = {
    "swept": Brush(width=0.8, relief=0.1, tint=(-0.05, 0.03), contours=0.5, length=24, calm=5),
    "flowing": Brush(
        length=36, width=0.8, relief=0.09, tint=(-0.05, 0.05), angle=0.1, calm=6, contours=0.4
    ),
    "cut": Brush(length=20, width=0.5, angle=0.5, cut=0.2, contours=0.6, calm=6, spares_faces=0.9),
    "outlined": Brush(
        length=28, width=1.5, relief=0.03, tint=(0.03, 0), angle=0.4, contours=0.9, tones=5,
        calm=9,
    ),
}  # fmt: skip
"""By what the strokes look like."""
