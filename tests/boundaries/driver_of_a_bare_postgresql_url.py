"""FSL404: the driver that `postgresql://` stands for."""

# sqlalchemy 1.4.54: psycopg2
# sqlalchemy 2.0.58: psycopg2
# sqlalchemy 2.1.0: psycopg
# newest: psycopg

from sqlalchemy.engine import make_url

print(make_url("postgresql://localhost/shop").get_dialect().driver)
