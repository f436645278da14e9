"""``python -m surveys`` is the command ``surveys``."""

from surveys.cli import command

if __name__ == "__main__":
    command()
