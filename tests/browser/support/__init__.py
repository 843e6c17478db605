"""What the browser tests share: an office with its server, a counting relay, two browsers, the pages' texts.

Standard library only. Nothing here is run by itself except `screenshots`, which is for people.
"""
