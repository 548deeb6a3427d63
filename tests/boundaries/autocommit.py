"""FSL206: whether a session takes autocommit=True."""

# sqlalchemy 1.4.54: accepted
# sqlalchemy 2.0.0: ArgumentError
# newest: ArgumentError

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import sessionmaker

try:
    sessionmaker(create_engine("sqlite://"), autocommit=True)()
except ArgumentError as error:
    print(type(error).__name__)
else:
    print("accepted")
