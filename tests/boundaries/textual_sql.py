"""FSL509: whether a session executes a plain string."""

# sqlalchemy 1.4.54: executed
# sqlalchemy 2.0.0: ArgumentError
# newest: ArgumentError

from sqlalchemy import create_engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

with Session(create_engine("sqlite://")) as session:
    try:
        session.execute("select 1")
    except ArgumentError as error:
        print(type(error).__name__)
    else:
        print("executed")
