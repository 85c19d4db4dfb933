"""Numbered steps, each a file of SQL, from an empty database to the present one.

A step that was released is never changed: a later one corrects it.
"""
