"""Value noise: smooth random fields that read as stone, cloud, cloth or water."""

import numpy as np


def _weights(length: int, cells: int, wrap: bool) -> np.ndarray:
    """Smooth-step interpolation from `cells` knots to `length` points, float32 [length, cells]."""
    position = (np.arange(length) + 0.5) / length * (cells if wrap else cells - 1)
    low = np.floor(position).astype(int)
    u = position - low
    u = u * u * (3 - 2 * u)
    matrix = np.zeros((length, cells), np.float32)
    rows = np.arange(length)
    np.add.at(matrix, (rows, low % cells), 1 - u)
    np.add.at(matrix, (rows, (low + 1) % cells), u)
    return matrix


def value_noise(
    rng: np.random.Generator, height: int, width: int, cells: tuple[int, int], octaves: int = 3, wrap=False
):
    """Fractal value noise, float32 [height, width] in 0..1, the same field at any resolution; `wrap` makes it tile."""
    total, weight = np.zeros((height, width), np.float32), 0.0
    for octave in range(octaves):
        rows, columns = (max(2, c << octave) for c in cells)
        knots = rng.random((rows, columns), np.float32)
        total += 0.55**octave * (_weights(height, rows, wrap) @ knots @ _weights(width, columns, wrap).T)
        weight += 0.55**octave
    return total / np.float32(weight)


def stretch(field: np.ndarray) -> np.ndarray:
    """The field's 2nd to 98th percentile spread over 0..1."""
    low, high = np.percentile(field, (2, 98))
    return np.clip((field - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
