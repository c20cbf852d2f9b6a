"""Video to audio: a soundtrack generated under the picture."""
