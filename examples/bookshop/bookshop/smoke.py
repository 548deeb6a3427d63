"""The way of one customer through the shop, against an empty database: `python -m bookshop.smoke`."""

from fastapi.testclient import TestClient

from bookshop.main import app


def expect(answer: object, wanted: object, what: str) -> None:
    """Stop with a message unless the shop answers as it should."""
    if answer != wanted:
        raise SystemExit(f"{what}: {answer!r} instead of {wanted!r}")
    print(f"ok: {what}")


def walk(shop: TestClient) -> None:
    """Bring in a book, look at it, buy it and review it."""
    author = shop.post("/authors", json={"name": "Stanisław Lem"}).json()
    lem = {"isbn": "9780156027601", "title": "Solaris", "price_cents": 1250, "stock": 3, "author_id": author["id"]}
    book = shop.post("/books", json=lem)
    expect(book.status_code, 201, "a book comes in")
    expect(shop.post("/books", json=lem).status_code, 409, "the same book again is refused")
    address = f"/books/{book.json()['id']}"
    expect(shop.get(address).json()["author"]["name"], "Stanisław Lem", "the book names its author")
    expect(shop.put(f"{address}/price", params={"price_cents": 1000}).json()["price_cents"], 1000, "its price falls")
    line = {"book_id": book.json()["id"], "quantity": 2}
    order = shop.post("/orders", json={"customer": "Kelvin", "country": "PL", "lines": [line]})
    expect(order.status_code, 201, "a customer buys two")
    expect(shop.get(f"/orders/{order.json()['id']}/total").json(), 2000, "the order has its total")
    again = shop.post("/orders", json={"customer": "Snaut", "country": "PL", "lines": [line]})
    expect(again.status_code, 409, "two more are not there")
    expect(shop.get("/stock").json(), 1, "one copy is left")
    review = {"reader": "Kelvin", "stars": 5, "text": "Blue."}
    expect(shop.post(f"{address}/reviews", json=review).status_code, 201, "a reader reviews the book")
    expect(shop.post(f"{address}/reviews", json=review).status_code, 409, "and may do so once")
    expect(len(shop.get(f"{address}/reviews").json()), 1, "the review is there")
    expect(shop.get("/reports/customers").json(), ["Kelvin"], "the owner sees who bought")
    expect(shop.get("/books/999").status_code, 404, "a book that is not there")


if __name__ == "__main__":
    with TestClient(app) as client:
        walk(client)
