"""Photos to train on: found, decoded, cropped and augmented."""
