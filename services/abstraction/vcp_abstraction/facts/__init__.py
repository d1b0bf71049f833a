"""The facts of one charger, as they are kept, by subject. Facts only: every status word is derived from them."""
