"""What comes in after a study was begun: told by its content, copied into the study's folder, entered into ``study.toml``."""
