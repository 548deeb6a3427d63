"""Rules that only this company has."""

from house_rules.session_outside_database import RULE

RULES = [RULE]
