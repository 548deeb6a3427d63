"""What can go wrong in the shop, without a word about HTTP."""


class ShopError(Exception):
    """Something that a customer is told."""

    status = 400


class NotFound(ShopError):
    """There is no such row."""

    status = 404


class Duplicate(ShopError):
    """There is one already."""

    status = 409


class SoldOut(ShopError):
    """There are not enough copies."""

    status = 409
