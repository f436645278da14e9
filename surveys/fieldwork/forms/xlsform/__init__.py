"""Questionnaires as XLSForms, for KoboToolbox and ODK."""
