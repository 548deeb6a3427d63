"""Depends in the body of a function is an object and no more."""

from app import one
from observing import failure, say

say(failure(one))
