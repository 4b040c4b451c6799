"""Training of the network for any picture: the painter, then the encoder that sees pictures."""
