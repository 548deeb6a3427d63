from fastapi import Depends, FastAPI

app = FastAPI()


def get_name() -> str:
    return "real"


@app.get("/name")
def name(value: str = Depends(get_name)) -> str:
    return value
