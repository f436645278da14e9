"""Questionnaires that were made as XLSForm (KoboToolbox, ODK, SurveyCTO) become instruments."""
