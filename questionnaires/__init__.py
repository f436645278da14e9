"""Questionnaire definitions shipped with the engine: TOML and CSV files only, no arithmetic."""
