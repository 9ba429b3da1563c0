"""What does a test hold in front of a camera, or choose from its albums? A code, as a picture and as a film."""

import io
from pathlib import Path

import segno

_SIDE, _FRAMES = 480, 4


def picture_of(text: str, folder: Path) -> Path:
    """A picture of a code, as somebody has it in their albums."""
    image = io.BytesIO()
    segno.make_qr(text).save(image, kind="png", scale=6, border=4)
    path = folder / "code.png"
    path.write_bytes(image.getvalue())
    return path


def film_of(text: str, folder: Path) -> Path:
    """The same in front of a camera: YUV4MPEG2, some frames of it, which a browser repeats."""
    modules = [bytes(row) for row in segno.make_qr(text).matrix_iter(border=4)]
    scale = _SIDE // len(modules)
    light = bytearray(b"\xeb" * (_SIDE * _SIDE))
    for y in range(len(modules) * scale):
        row = b"".join((b"\x10" if dark else b"\xeb") * scale for dark in modules[y // scale])
        light[y * _SIDE : y * _SIDE + len(row)] = row
    frame = b"FRAME\n" + bytes(light) + b"\x80" * (_SIDE * _SIDE // 2)
    path = folder / "camera.y4m"
    path.write_bytes(f"YUV4MPEG2 W{_SIDE} H{_SIDE} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * _FRAMES)
    return path
