"""Questionnaires for Google Forms and Microsoft Forms: a script to run and documents to import, whose returns need no mapping."""
