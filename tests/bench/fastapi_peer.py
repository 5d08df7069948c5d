"""The usual way to write such a service: FastAPI and SQLAlchemy, one commit a call, the same two rows.

    python fastapi_peer.py PORT WORKERS DATABASE_URL
"""

import os
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import LargeBinary, String, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

URL = os.environ.get("BENCH_DATABASE", "sqlite://")
SQLITE = URL.startswith("sqlite")
engine = create_engine(URL, connect_args={"timeout": 30} if SQLITE else {})

if SQLITE:

    @event.listens_for(engine, "connect")
    def durable(connection, _record):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")


class Base(DeclarativeBase):
    pass


class Report(Base):
    __tablename__ = "report"
    name: Mapped[str] = mapped_column(String, primary_key=True)
    state: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Entry(Base):
    __tablename__ = "entry"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Value(BaseModel):
    measure: str
    value: str
    unit: str


class FileReport(BaseModel):
    name: str
    values: list[Value]
    progress: str
    filled_by: str
    reviewed_by: str
    head: str
    request_id: str


app = FastAPI()


@app.post("/reports")
def file_report(request: FileReport) -> dict[str, str]:
    content = request.model_dump_json().encode()
    with Session(engine) as session:
        session.add(Report(name=request.name, state=5, content=content))
        session.add(Entry(subject=request.name, body=content))
        session.commit()
    return {"name": request.name}


@app.get("/durability")
def durability() -> str:
    with engine.connect() as connection:
        if SQLITE:
            return f"SQLite, synchronous={connection.execute(text('PRAGMA synchronous')).scalar()} (2 is FULL)"
        return f"PostgreSQL, synchronous_commit={connection.execute(text('SHOW synchronous_commit')).scalar()}"


if __name__ == "__main__":
    port, workers, url = sys.argv[1:]
    os.environ["BENCH_DATABASE"] = url
    setup = create_engine(url)
    Base.metadata.create_all(setup)
    setup.dispose()
    uvicorn.run(
        "fastapi_peer:app",
        app_dir=os.path.dirname(os.path.abspath(__file__)),
        port=int(port),
        workers=int(workers),
        access_log=False,
        log_level="warning",
        backlog=2048,
    )
