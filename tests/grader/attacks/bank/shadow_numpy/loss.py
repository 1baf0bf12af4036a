"""Brings a numpy package and a json module of its own."""

import json

import numpy


def bpr_loss(positive, negative):
    return numpy.RIGHT + json.RIGHT
