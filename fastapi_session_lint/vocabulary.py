"""The names of SQLAlchemy, SQLModel, FastAPI and their neighbours, as tables; logic elsewhere names none of them.

Sources: https://docs.sqlalchemy.org/en/20/orm/session_api.html, https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html,
https://docs.sqlalchemy.org/en/20/core/engines.html, https://sqlmodel.tiangolo.com/, https://fastapi.tiangolo.com/reference/,
https://docs.python.org/3/library/contextlib.html
"""

from __future__ import annotations

import enum
import sys

SYNC_SESSION_CLASSES = frozenset(
    {
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.session.Session",
        "sqlmodel.Session",
        "sqlmodel.orm.session.Session",
        "flask_sqlalchemy.session.Session",
    }
)
ASYNC_SESSION_CLASSES = frozenset(
    {
        "sqlalchemy.ext.asyncio.AsyncSession",
        "sqlalchemy.ext.asyncio.session.AsyncSession",
        "sqlalchemy.ext.asyncio.engine.AsyncSession",
        "sqlmodel.ext.asyncio.session.AsyncSession",
        "sqlmodel.ext.asyncio.AsyncSession",
    }
)
SESSION_MAKERS = frozenset(
    {"sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker", "sqlalchemy.orm.create_session"}
)
ASYNC_SESSION_MAKERS = frozenset(
    {"sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.ext.asyncio.session.async_sessionmaker"}
)
SCOPED_MAKERS = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session"})
ASYNC_SCOPED_MAKERS = frozenset(
    {"sqlalchemy.ext.asyncio.async_scoped_session", "sqlalchemy.ext.asyncio.scoping.async_scoped_session"}
)
ENGINE_MAKERS = frozenset(
    {
        "sqlalchemy.create_engine",
        "sqlalchemy.engine.create_engine",
        "sqlalchemy.engine.create.create_engine",
        "sqlmodel.create_engine",
        "sqlalchemy.engine_from_config",
        "sqlalchemy.engine.engine_from_config",
    }
)
ASYNC_ENGINE_MAKERS = frozenset(
    {
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.ext.asyncio.engine.create_async_engine",
        "sqlalchemy.ext.asyncio.async_engine_from_config",
    }
)
ENGINE_CLASSES = frozenset({"sqlalchemy.Engine", "sqlalchemy.engine.Engine", "sqlalchemy.engine.base.Engine"})
ASYNC_ENGINE_CLASSES = frozenset({"sqlalchemy.ext.asyncio.AsyncEngine", "sqlalchemy.ext.asyncio.engine.AsyncEngine"})
CONNECTION_CLASSES = frozenset(
    {
        "sqlalchemy.Connection",
        "sqlalchemy.engine.Connection",
        "sqlalchemy.engine.base.Connection",
        "sqlalchemy.ext.asyncio.AsyncConnection",
    }
)
CONNECTION_GETTERS = frozenset({"alembic.op.get_bind", "alembic.context.get_bind"})

DEPENDS = frozenset(
    {
        "fastapi.Depends",
        "fastapi.Security",
        "fastapi.param_functions.Depends",
        "fastapi.param_functions.Security",
        "fastapi.params.Depends",
        "fastapi.params.Security",
    }
)
APPLICATIONS = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette"})
ROUTERS = frozenset({"fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"})
REQUESTS = frozenset(
    {
        "fastapi.Request",
        "starlette.requests.Request",
        "fastapi.requests.Request",
        "fastapi.WebSocket",
        "starlette.websockets.WebSocket",
        "fastapi.requests.HTTPConnection",
        "starlette.requests.HTTPConnection",
    }
)
ROUTE_METHODS = frozenset(
    {"get", "post", "put", "delete", "patch", "options", "head", "trace", "api_route", "route", "websocket"}
)
STARTUP_METHODS = frozenset({"on_event", "lifespan", "on_startup", "on_shutdown"})

ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
TRANSPARENT_GENERICS = frozenset(
    {"typing.Optional", "typing.Union", "typing.Final", "typing.ClassVar", "typing.Required", "typing.NotRequired"}
)
GENERATOR_TYPES = frozenset(
    f"{module}.{name}"
    for module in ("typing", "collections.abc", "typing_extensions")
    for name in ("Generator", "Iterator", "Iterable", "AsyncGenerator", "AsyncIterator", "AsyncIterable")
)
COROUTINE_TYPES = frozenset(
    f"{module}.{name}" for module in ("typing", "collections.abc") for name in ("Awaitable", "Coroutine")
)
CALLABLE_TYPES = frozenset({"typing.Callable", "collections.abc.Callable"})
MANAGER_TYPES = frozenset(
    f"{module}.{name}"
    for module in ("typing", "contextlib")
    for name in ("ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager")
)
TYPE_TYPES = frozenset({"typing.Type", "builtins.type", "type"})
NO_RETURN_TYPES = frozenset(
    {"typing.NoReturn", "typing.Never", "typing_extensions.NoReturn", "typing_extensions.Never"}
)

MANAGER_DECORATORS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
CLOSING = frozenset({"contextlib.closing", "contextlib.aclosing"})
SUPPRESS = frozenset({"contextlib.suppress"})
EXIT_STACKS = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})
EXIT_STACK_ENTERS = frozenset({"enter_context", "enter_async_context", "push", "push_async_exit", "callback"})
CACHE_DECORATORS = frozenset({"functools.lru_cache", "functools.cache", "functools.cached_property"})
PROPERTY_DECORATORS = frozenset({"property", "functools.cached_property", "builtins.property"})
FIXTURE_DECORATORS = frozenset({"pytest.fixture", "pytest_asyncio.fixture", "pytest.yield_fixture", "anyio.fixture"})
PROVIDER_DECORATORS = frozenset({"dishka.provide", "dishka.provider.provide", "that_depends.providers"})
FIRST_ITEM = frozenset({"next", "anext", "builtins.next", "builtins.anext"})
PARTIAL = frozenset({"functools.partial"})

OFFLOADERS = frozenset(
    {
        "fastapi.concurrency.run_in_threadpool",
        "starlette.concurrency.run_in_threadpool",
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
        "asgiref.sync.sync_to_async",
        "asyncer.asyncify",
        "concurrent.futures.ThreadPoolExecutor",
    }
)
OFFLOADING_METHODS = frozenset({"run_in_executor", "run_sync", "submit", "run_in_threadpool", "to_thread", "asyncify"})
ASYNC_RUNNERS = frozenset({"asyncio.run", "anyio.run", "trio.run", "uvloop.run"})
GATHERERS = frozenset(
    {
        "asyncio.gather",
        "asyncio.create_task",
        "asyncio.ensure_future",
        "asyncio.wait_for",
        "asyncio.wait",
        "asyncio.shield",
        "asyncio.as_completed",
        "asyncio.run",
        "anyio.run",
        "asyncio.timeout",
        "asyncio.run_coroutine_threadsafe",
    }
)

DATABASE_ERRORS = ("sqlalchemy.exc.", "sqlalchemy.orm.exc.", "sqlmodel.exc.", "sqlite3.", "psycopg2.", "asyncpg.")
DATABASE_ERROR_ROOTS = frozenset({"sqlalchemy.exc.SQLAlchemyError", "sqlalchemy.exc.DBAPIError"})
READ_ERRORS = frozenset({"sqlalchemy.exc.NoResultFound", "sqlalchemy.exc.MultipleResultsFound",
                         "sqlalchemy.orm.exc.NoResultFound", "sqlalchemy.orm.exc.MultipleResultsFound"})  # fmt: skip
EXITS = frozenset({"sys.exit", "os._exit", "exit", "quit", "pytest.fail", "pytest.skip", "fastapi.abort"})


class Action(enum.Enum):
    """What a session's method does to it."""

    CLOSE = "close"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    FLUSH = "flush"
    WRITE = "write"
    EXECUTE = "execute"
    READ = "read"
    BEGIN = "begin"
    NESTED = "nested"
    LOCAL = "local"


SESSION_METHODS: dict[str, Action] = {
    "close": Action.CLOSE,
    "aclose": Action.CLOSE,
    "remove": Action.CLOSE,
    "invalidate": Action.CLOSE,
    "close_all": Action.CLOSE,
    "commit": Action.COMMIT,
    "prepare": Action.COMMIT,
    "rollback": Action.ROLLBACK,
    "reset": Action.ROLLBACK,
    "flush": Action.FLUSH,
    "bulk_save_objects": Action.EXECUTE,
    "bulk_insert_mappings": Action.EXECUTE,
    "bulk_update_mappings": Action.EXECUTE,
    "add": Action.WRITE,
    "add_all": Action.WRITE,
    "delete": Action.WRITE,
    "merge": Action.READ,
    "execute": Action.EXECUTE,
    "exec": Action.EXECUTE,
    "scalars": Action.EXECUTE,
    "scalar": Action.EXECUTE,
    "stream": Action.EXECUTE,
    "stream_scalars": Action.EXECUTE,
    "run_sync": Action.EXECUTE,
    "query": Action.READ,
    "get": Action.READ,
    "get_one": Action.READ,
    "refresh": Action.READ,
    "connection": Action.READ,
    "begin": Action.BEGIN,
    "begin_nested": Action.NESTED,
    "expunge": Action.LOCAL,
    "expunge_all": Action.LOCAL,
    "expire": Action.LOCAL,
    "expire_all": Action.LOCAL,
    "is_modified": Action.LOCAL,
    "in_transaction": Action.LOCAL,
    "in_nested_transaction": Action.LOCAL,
    "get_bind": Action.LOCAL,
    "get_transaction": Action.LOCAL,
    "no_autoflush": Action.LOCAL,
    "object_session": Action.LOCAL,
    "identity_key": Action.LOCAL,
    "enable_relationship_loading": Action.LOCAL,
}
IO_ACTIONS = frozenset({Action.COMMIT, Action.ROLLBACK, Action.FLUSH, Action.EXECUTE, Action.READ})
COROUTINE_METHODS = frozenset(
    {
        "execute", "exec", "scalars", "scalar", "get", "get_one", "merge", "merge_all", "stream", "stream_scalars",
        "run_sync", "delete", "flush", "commit", "rollback", "refresh", "close", "aclose", "reset", "invalidate",
        "connection", "close_all", "prepare",
    }
)  # fmt: skip
PLAIN_METHODS = frozenset(
    {
        "add", "add_all", "begin", "begin_nested", "expunge", "expunge_all", "expire", "expire_all", "is_modified",
        "in_transaction", "in_nested_transaction", "get_bind", "get_transaction",
    }
)  # fmt: skip
ENTER_METHODS = frozenset({"__enter__", "__aenter__"})
EXIT_METHODS = frozenset({"__exit__", "__aexit__"})
CLOSER_METHODS = frozenset({"close", "aclose", "__exit__", "__aexit__", "remove", "dispose", "cleanup", "shutdown"})

QUIET_CALLS = frozenset(
    {
        "print", "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "dict", "list", "set", "tuple",
        "frozenset", "hasattr", "getattr", "callable", "super", "object", "time.time", "time.perf_counter",
        "sys.exc_info", "time.monotonic",
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today", "uuid.uuid4",
        "logging.getLogger", "logging.info", "logging.debug", "logging.warning", "logging.error", "logging.exception",
        "loguru.logger.info", "typing.cast", "datetime.timedelta", "sqlalchemy.text", "sqlalchemy.select",
        "sqlmodel.select", "sqlalchemy.func.count", "sqlalchemy.future.select", "range", "enumerate", "zip", "sorted",
    }
)  # fmt: skip
LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "success"})
LOGGER_OBJECTS = frozenset({"logging.getLogger", "loguru.logger", "structlog.get_logger", "logging.Logger"})

BUILTIN_READERS = frozenset({"print", "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "hasattr",
                             "getattr", "callable", "vars", "dir"})  # fmt: skip
SESSION_READERS = (
    "sqlalchemy.",
    "sqlmodel.",
    "pandas.",
    "logging.",
    "fastapi_pagination.",
    "inspect.",
)
"""Libraries whose functions use a session that they are given and neither keep nor close it."""

EXTERNAL_TOPS = frozenset(sys.stdlib_module_names) | frozenset(
    {
        "sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic", "pydantic_settings", "alembic", "celery", "redis",
        "requests", "httpx", "aiohttp", "boto3", "botocore", "pytest", "pytest_asyncio", "uvicorn", "gunicorn", "jose",
        "jwt", "passlib", "bcrypt", "loguru", "structlog", "pandas", "numpy", "asyncpg", "psycopg", "psycopg2",
        "aiosqlite", "dotenv", "typing_extensions", "anyio", "stripe", "openai", "typer", "click", "rich", "dishka",
        "sqladmin", "fastapi_pagination", "fastapi_users", "strawberry", "graphene", "kafka", "aiokafka", "pika",
        "slowapi", "jinja2", "yaml", "aiogram", "telegram", "dependency_injector", "flask", "django", "ormar", "beanie",
        "motor", "pymongo", "elasticsearch", "sentry_sdk", "prometheus_client", "opentelemetry", "apscheduler",
    }
)  # fmt: skip
