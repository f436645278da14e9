"""Questionnaires on paper: each as a PDF, batches that carry the codes of the forms handed out, labels.

Typst lays them out (extra ``print``); what stands on a page is worked out before, as plain data, in :mod:`.sheet_data`.
"""
