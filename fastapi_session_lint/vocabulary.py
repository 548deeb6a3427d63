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
SESSION_CLASS_NAMES = frozenset({"Session", "AsyncSession"})
SESSION_MAKERS = frozenset(
    {"sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.session.sessionmaker", "sqlalchemy.orm.create_session"}
)
ASYNC_SESSION_MAKERS = frozenset(
    {"sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.ext.asyncio.session.async_sessionmaker"}
)
ASYNC_MAKER_MODULE, ASYNC_MAKER_NAME = "sqlalchemy.ext.asyncio", "async_sessionmaker"
ASYNC_PACKAGE = ".ext.asyncio"
"""Where both SQLAlchemy and SQLModel have all that is async."""
CLASS_OPTION = "class_"
EXPIRE_OPTION = "expire_on_commit"
KEEPING_MAKERS = frozenset({"sqlalchemy.orm.create_session"})
"""The makers whose sessions do not expire their objects at a commit, unless told to."""
SCOPED_MAKERS = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.orm.scoping.scoped_session"})
ASYNC_SCOPED_MAKERS = frozenset(
    {"sqlalchemy.ext.asyncio.async_scoped_session", "sqlalchemy.ext.asyncio.scoping.async_scoped_session"}
)
SCOPE_OPTION = "scopefunc"
THREAD_IDENTITIES = frozenset({"threading.get_ident", "threading.get_native_id", "threading.current_thread"})
"""What tells threads apart, as a registry does by itself."""
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
ENGINES_FROM_CONFIG = frozenset({"engine_from_config", "async_engine_from_config"})
"""What makes the engine of a tool such as Alembic, beside that of the application."""
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
SESSION_GETTER = "object_session"
"""What gives the sync session that an object is in; of an AsyncSession, the one inside."""
SESSION_GETTERS = frozenset({f"sqlalchemy.orm.{SESSION_GETTER}", f"sqlalchemy.orm.session.{SESSION_GETTER}"})
CONNECTION_GETTERS = frozenset({"alembic.op.get_bind", "alembic.context.get_bind"})
ENGINE_METHODS = frozenset({"begin", "connect"})
ENGINE_USERS = frozenset({"create_all", "drop_all", "reflect", "create", "drop", "run_sync", "to_sql", "read_sql"})
"""The methods of other objects that are given an engine, work on it, and let it go."""
ENGINE_CHARACTER = (
    "poolclass", "pool", "isolation_level", "execution_options", "creator", "async_creator", "connect_args"
)  # fmt: skip
"""The options of an engine that set it apart from another one for the same database."""
NULL_POOLS = frozenset({"NullPool"})
STATIC_POOLS = frozenset({"StaticPool"})
ENGINE_COROUTINES = frozenset({"dispose", "raw_connection"})
"""The methods of an AsyncEngine that are coroutines."""
FORMER_ENGINE_METHODS = frozenset({"execute", "scalar", "has_table", "table_names", "run_callable", "transaction"})
"""The methods that an Engine has or had, and an AsyncEngine never."""
SCHEMA_METHODS = frozenset({"create_all", "drop_all", "reflect"})
TABLE_METHODS = frozenset({"create", "drop"})
INSPECTING_METHODS = frozenset({"reflect"})
TABLES = frozenset({"sqlalchemy.Table", "sqlalchemy.schema.Table", "sqlalchemy.sql.schema.Table"})
INSPECTORS = frozenset({"sqlalchemy.inspect", "sqlalchemy.inspection.inspect"})
GREENLET_METHODS = frozenset({"run_sync"})
"""The methods that call a plain function with the sync session or connection behind an async one."""

# Which drivers serve `create_engine` and which `create_async_engine`; psycopg and oracledb serve both, others are not
# judged: https://docs.sqlalchemy.org/en/20/dialects/
ASYNC_DRIVERS = frozenset(
    {"asyncpg", "psycopg_async", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "oracledb_async"}
)  # fmt: skip
SYNC_DRIVERS = frozenset(
    {
        "psycopg2", "psycopg2cffi", "pg8000", "pysqlite", "pysqlcipher", "pymysql", "mysqldb", "mysqlconnector",
        "cymysql", "pyodbc", "pymssql", "cx_oracle",
    }
)  # fmt: skip
DEFAULT_DRIVERS = {
    "postgresql": "psycopg2",
    "sqlite": "pysqlite",
    "mysql": "mysqldb",
    "mariadb": "mysqldb",
    "mssql": "pyodbc",
    "oracle": "cx_oracle",
}
"""The driver of a URL that names none."""
LATER_DEFAULT_DRIVERS = {"postgresql": ("2.1", "psycopg"), "oracle": ("2.1", "oracledb")}
"""The SQLAlchemy release that took another default, and which: https://docs.sqlalchemy.org/en/21/changelog/migration_21.html"""
MISSPELT_DIALECTS = {"postgres": "postgresql"}
"""What is no dialect since SQLAlchemy 1.4, and what is meant."""


class Misfit(enum.Enum):
    """What does not go together of an engine, its driver, and the sessions on it."""

    ASYNC_DRIVER = enum.auto()
    """A plain engine on a driver that is async only."""
    SYNC_DRIVER = enum.auto()
    """An async engine on a driver that is sync only."""
    SYNC_DEFAULT = enum.auto()
    """The same, by a URL that names no driver."""
    NO_DIALECT = enum.auto()
    """A URL whose dialect does not exist."""
    ASYNC_ENGINE = enum.auto()
    """Sync sessions on an async engine."""
    SYNC_ENGINE = enum.auto()
    """Async sessions on a plain engine."""


SYNC_AS_ASYNC_OPTION = "async_fallback"
"""The option of a URL by which an async driver serves a plain engine, until SQLAlchemy 2.1."""
DATABASE_DIALECTS = frozenset(
    {
        "postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle", "cockroachdb", "redshift", "snowflake",
        "clickhouse", "firebird", "hana", "teradatasql", "vertica", "ibm_db_sa", "db2", "sybase", "trino", "presto",
        "crate", "exa", "dremio",
    }
)  # fmt: skip
"""The dialects whose URLs may have a password; external ones by https://docs.sqlalchemy.org/en/20/dialects/"""
OVERRIDES = "dependency_overrides"
DICT_REMOVERS = frozenset({"clear", "pop", "popitem", "__delitem__"})
TESTS = "test"
"""What the names of tests begin with, those of pytest as those of unittest."""
TEST_CLASSES = "Test"
TEST_LIBRARIES = frozenset({"pytest", "pytest_asyncio"})
"""Where fixtures and marks come from."""
PARAMETRIZE = "parametrize"
GENERATES_TESTS = "pytest_generate_tests"
"""The hook that may hand values to the parameters of tests."""
PLAIN_BASES = frozenset({"typing.Generic", "typing.Protocol", "abc.ABC"})
"""What a class of tests may be derived from, and be collected as before."""
TEST_TEARDOWNS = frozenset({"teardown_function", "teardown_module", "pytest_runtest_teardown", "tearDownModule"})
LASTING_FIXTURE_SCOPES = frozenset({"session", "package"})
MODULE_MARKS = "pytestmark"
PLUGINS_OF_TESTS = "pytest_plugins"
USING_MARK = "usefixtures"
SAME_MODULES = {
    "collections.abc": ("collections.abc", "typing"),
    "sqlalchemy": ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlmodel"),
}
"""From where else the names that fixes bring in may be imported already."""
TEXT_MODULE, TEXT_NAME = "sqlalchemy", "text"
"""What a statement that is a string has to be wrapped in."""
STATEMENT_PARAMETER = "statement"
STATEMENT_METHODS = frozenset({"execute", "exec", "scalar", "scalars", "stream", "stream_scalars"})
"""The methods of sessions and connections that take a statement, and since SQLAlchemy 2 no string for it."""
SCALAR_NAME = "scalar"
REMOVED_ENGINE_METHODS = frozenset({"execute", SCALAR_NAME})
"""The methods that an Engine had until SQLAlchemy 2."""
RESULT_COUNT = "rowcount"
"""The attribute of a result that is a plain number."""
OLD_DECLARATIVE_MODULE = "sqlalchemy.ext.declarative"
NEW_DECLARATIVE_MODULE = "sqlalchemy.orm"
MOVED_DECLARATIVE_NAMES = frozenset({"declarative_base", "as_declarative", "has_inherited_table", "synonym_for"})
"""What the old module still has, and warns of: https://docs.sqlalchemy.org/en/20/changelog/migration_20.html"""
FOLLOWING_DECLARATIVE_NAMES = frozenset({"DeclarativeMeta", "declared_attr"})
"""What both modules have, and neither warns of; the other names of the old module stay there."""
VALIDATORS = frozenset(
    f"pydantic.{name}" for name in ("validator", "root_validator", "field_validator", "model_validator")
)
"""The decorators of methods that may put another value in place of a setting's."""
FACTORY_CONFIGURE = "configure"
"""The method of a factory by which it gets its options later."""
URL_MAKERS = frozenset({"sqlalchemy.URL.create", "sqlalchemy.engine.URL.create", "sqlalchemy.engine.url.URL.create"})

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
DEPENDS_WITH_SCOPE = frozenset(name for name in DEPENDS if name.endswith("Depends"))
"""The markers that take a `scope`, from FastAPI 0.121 on."""
PROVIDERS = frozenset(
    f"dependency_injector.providers.{name}"
    for name in ("Factory", "Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "Callable", "Resource")
)
"""What calls its first argument, with the others, when it is called itself: a container's providers."""
WIRED_MARKERS = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
"""What a container replaces that is wired to the module, whoever calls the function."""
GRAPHQL_ROUTERS = frozenset({"strawberry.fastapi.GraphQLRouter", "strawberry.fastapi.router.GraphQLRouter"})
GRAPHQL_INFOS = frozenset({"strawberry.Info", "strawberry.types.Info", "strawberry.types.info.Info"})
"""What a resolver is given by GraphQL; the context that the getter has made is an attribute of it."""
CONTEXT_GETTER = "context_getter"
"""The option of such a router that names a dependency, which makes the context of each request."""
MARKER_ATTRIBUTES = frozenset({"dependency", "use_cache", "scope", "scopes"})
"""What a `Depends` object itself has."""
APPLICATIONS = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette"})
ROUTERS = frozenset({"fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router"})
TEST_CLIENTS = frozenset({"fastapi.testclient.TestClient", "starlette.testclient.TestClient"})
THREADED = APPLICATIONS | ROUTERS | TEST_CLIENTS | frozenset(
    {
        "threading.Thread",
        "concurrent.futures.ThreadPoolExecutor", "anyio.to_thread.run_sync", "asyncio.to_thread",
        "fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool",
    }
)  # fmt: skip
"""What has functions called in other threads."""
SERVERS = frozenset({"fastapi"})
"""The packages of a program that serves requests."""
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
HANDLER_DECORATORS = frozenset({"on_event", "middleware", "exception_handler"})
"""The methods of an application that register what the server calls by itself."""
STARTUP_METHODS = frozenset({"on_event", "lifespan", "on_startup", "on_shutdown"})
STARTUP_OPTIONS = frozenset({"lifespan", "on_startup", "on_shutdown"})
STARTUP_REGISTRARS = frozenset({"add_event_handler", "lifespan"})
LOOP_METHODS = frozenset({"run_until_complete"})
"""The methods by which a script runs a coroutine to its end."""
LOOP_RUNNERS = LOOP_METHODS | {"run"}
TASK_STARTERS = frozenset({"create_task", "ensure_future", "start_soon", "run_coroutine_threadsafe"})
"""The functions and methods that let a coroutine run on, beside what comes next."""
ROUTE_REGISTRARS = frozenset({"add_api_route", "add_api_websocket_route", "add_route", "add_websocket_route"})
ROUTE_CLASSES = frozenset({"fastapi.routing.APIRoute", "starlette.routing.Route"})
PROXY_SESSIONS = {"fastapi_sqlalchemy.db.session": False, "fastapi_async_sqlalchemy.db.session": True}
"""The sessions that a middleware keeps for each request and closes, by their full name; True for an AsyncSession."""

PROXY_SESSION_OWNERS = frozenset(name.rpartition(".")[0] for name in PROXY_SESSIONS)
STARRED = {
    "sqlalchemy": frozenset(
        {"create_engine", "engine_from_config", "Engine", "Connection", "URL", "text", "select", "insert", "update"}
        | {"delete", "exists", "union", "union_all", "func", "event", "inspect", "MetaData", "Table"}
    ),
    "sqlalchemy.orm": frozenset(
        {"Session", "sessionmaker", "scoped_session", "declarative_base", "DeclarativeBase", "relationship"}
        | {"joinedload", "selectinload", "subqueryload", "lazyload"}
    ),
    "sqlalchemy.ext.asyncio": frozenset(
        {"AsyncSession", "AsyncEngine", "AsyncConnection", "async_sessionmaker", "async_scoped_session"}
        | {"create_async_engine", "async_engine_from_config"}
    ),
    "sqlmodel": frozenset(
        {"Session", "SQLModel", "create_engine", "select", "text", "Relationship", "update", "delete"}
    ),
    "fastapi": frozenset(
        {"FastAPI", "APIRouter", "Depends", "Security", "BackgroundTasks", "HTTPException", "Request", "WebSocket"}
        | {"Response"}
    ),
}
"""What `from … import *` brings in, as far as it matters; the names that are often made by a project are not told."""
STARRED_NAMES = frozenset(name for names in STARRED.values() for name in names)

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
ANYTHING = frozenset({"typing.Any", "object", "builtins.object"})
"""The types that say nothing."""
TUPLE_TYPES = frozenset({"tuple", "typing.Tuple"})
MAPPING_TYPES = frozenset(
    {"dict", "collections.defaultdict", "collections.OrderedDict"}
    | {f"typing.{name}" for name in ("Dict", "DefaultDict", "Mapping", "MutableMapping")}
    | {f"collections.abc.{name}" for name in ("Mapping", "MutableMapping")}
)
SEQUENCE_TYPES = frozenset(
    {"list", "set", "frozenset", "typing.List", "typing.Set", "typing.Sequence"}
    | {"collections.abc.Sequence", "collections.abc.Collection", "collections.abc.Set"}
)
CONTAINER_TYPES = TUPLE_TYPES | MAPPING_TYPES | SEQUENCE_TYPES
CONTAINER_READERS = frozenset({"get", "pop", "setdefault", "popitem", "__getitem__"})
CONTAINER_MAKERS = frozenset(
    {"dict", "list", "set", "collections.defaultdict", "collections.OrderedDict", "collections.deque"}
    | {f"cachetools.{name}" for name in ("TTLCache", "LRUCache", "LFUCache", "Cache", "FIFOCache")}
)
CONTAINER_FILLERS = frozenset({"append", "appendleft", "add", "insert", "setdefault"})
CONTAINER_EMPTIERS = frozenset({"pop", "popitem", "popleft", "remove", "discard", "clear"})
VARIABLE_TYPES = frozenset({"contextvars.ContextVar"})
TYPE_ALIASES = frozenset({"typing.TypeAlias", "typing_extensions.TypeAlias"})
NAMED_TYPES = frozenset(
    {"typing.NewType", "typing_extensions.NewType", "typing.TypeAliasType", "typing_extensions.TypeAliasType"}
)
TYPE_VARIABLES = frozenset({"typing.TypeVar", "typing_extensions.TypeVar"})
NO_RETURN_TYPES = frozenset(
    {"typing.NoReturn", "typing.Never", "typing_extensions.NoReturn", "typing_extensions.Never"}
)

MANAGER_DECORATORS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
CLOSING = frozenset({"contextlib.closing", "contextlib.aclosing"})
HTTP_ERROR = "fastapi.HTTPException"
SUPPRESS = frozenset({"contextlib.suppress"})
RAISES = frozenset({"pytest.raises", "pytest.python_api.raises"})
"""What ends the error that a test expects."""
RAISES_METHODS = frozenset({"assertRaises", "assertRaisesRegex"})
"""The same, as methods of a test case."""
BORROWING = frozenset({"contextlib.nullcontext"})
"""What gives the session that it is given, and leaves it open."""
QUIET_LIST_METHODS = frozenset({"append", "clear", "copy", "reverse"})
"""What a list does without raising."""
QUIET_MANAGERS = frozenset(
    {
        "contextlib.suppress", "contextlib.nullcontext", "contextlib.ExitStack", "contextlib.AsyncExitStack",
        "asyncio.timeout", "asyncio.timeout_at", "anyio.CancelScope", "anyio.move_on_after", "anyio.move_on_at",
        "anyio.fail_after", "anyio.fail_at",
    }
)  # fmt: skip
"""Context managers that can be made and entered without an error."""
EXIT_STACKS = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})
STACK_ENTER, STACK_ENTER_ASYNC = "enter_context", "enter_async_context"
"""The methods by which a stack enters what it is given, as `with` and `async with` do."""
STACK_CLOSERS = frozenset({STACK_ENTER, STACK_ENTER_ASYNC, "push", "push_async_exit"})
"""The methods by which a stack takes over to leave what it is given."""
STACK_HAND_OVER = "pop_all"
"""The method by which a stack gives all that to another one."""
EXIT_STACK_ENTERS = frozenset({"enter_context", "enter_async_context", "push", "push_async_exit", "callback"})
HANDING_THROUGH = frozenset({"closing", "aclosing", "nullcontext"}) | EXIT_STACK_ENTERS
"""What gives, or has a with give, the very thing that it is given."""
CACHE_DECORATORS = frozenset({"functools.lru_cache", "functools.cache", "functools.cached_property"})
RESULT_CACHES = frozenset(
    {
        "functools.lru_cache", "functools.cache", "async_lru.alru_cache", "cachetools.cached",
        "cachetools.func.lru_cache", "cachetools.func.ttl_cache", "cachetools.func.lfu_cache",
    }
)  # fmt: skip
"""What calls a function once for each set of arguments, and gives everybody what that has returned."""
COROUTINE_CACHES = frozenset({"async_lru.alru_cache"})
"""Those that await a coroutine before they keep what it gives."""
TRANSPARENT_DECORATORS = frozenset({"staticmethod", "classmethod", "property", "abc.abstractmethod", "typing.override"}
                                  | MANAGER_DECORATORS)  # fmt: skip
"""The decorators with which a function's body still runs at each call."""
INTERFACE_BASES = frozenset({"ABC", "Protocol"})
ABSTRACT_DECORATORS = frozenset({"abstractmethod", "abstractproperty"})
"""What says of a class, or of a method, that it is there to be implemented."""
DATACLASSES = frozenset({"dataclasses.dataclass"})
INITIALIZERS = ("__init__", "__post_init__")
PROPERTY_DECORATORS = frozenset({"property", "functools.cached_property", "builtins.property"})
METHOD_DECORATORS = frozenset({"staticmethod", "classmethod"})
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
CALLS_FIRST_ARGUMENT = frozenset(
    {
        "fastapi.BackgroundTasks.add_task",
        "fastapi.background.BackgroundTasks.add_task",
        "starlette.background.BackgroundTasks.add_task",
        "fastapi.concurrency.run_in_threadpool",
        "starlette.concurrency.run_in_threadpool",
        "asyncio.to_thread",
        "anyio.to_thread.run_sync",
    }
)
"""What calls its first argument with the others."""
BACKGROUND_STARTERS = frozenset(
    f"{module}.BackgroundTasks.add_task" for module in ("fastapi", "fastapi.background", "starlette.background")
) | {"starlette.background.BackgroundTask", "fastapi.background.BackgroundTask", "fastapi.BackgroundTask"}
"""What has its first argument called with the others after the response: https://fastapi.tiangolo.com/tutorial/background-tasks/"""
OFFLOADING_METHODS = frozenset({"run_in_executor", "run_sync", "submit", "run_in_threadpool", "to_thread", "asyncify"})
BACKGROUND_METHODS = frozenset({"add_task"})
PASSING_CALLERS = frozenset({"add_task", "run_in_threadpool", "to_thread", "submit"})
"""The last names of what calls its first argument with the others."""
QUEUES = ("celery.", "dramatiq.", "arq.", "taskiq.", "rq.", "huey.", "apscheduler.")
"""The libraries that run functions as tasks or jobs, over and over."""
JOB_METHODS = frozenset({"add_job", "enqueue"})
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

_LOOPS = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop")
TASK_MAKERS = frozenset(
    {"asyncio.create_task", "asyncio.ensure_future", "asyncio.run_coroutine_threadsafe"}
    | {f"{loop}.{method}" for loop in _LOOPS for method in ("create_task",)}
)
"""What has a coroutine run beside the function that goes on: https://docs.python.org/3/library/asyncio-task.html"""
TASK_GROUPS = frozenset(
    {
        "asyncio.TaskGroup", "asyncio.taskgroups.TaskGroup", "anyio.create_task_group", "anyio.abc.TaskGroup",
        "asyncer.create_task_group",
    }
)  # fmt: skip
TASK_GROUP_METHODS = frozenset({"create_task", "start_soon"})
TOGETHER = frozenset(
    {
        "asyncio.gather", "asyncio.wait", "asyncio.as_completed", "tqdm.asyncio.tqdm.gather",
        "tqdm.asyncio.tqdm_asyncio.gather",
    }
)  # fmt: skip
"""What runs the coroutines that it is given at once, and waits for them."""
COROUTINE_WRAPPERS = frozenset({"asyncio.wait_for", "asyncio.shield"})
LOCKS = frozenset({"asyncio.Lock", "asyncio.locks.Lock", "anyio.Lock", "threading.Lock", "threading.RLock"})
"""What lets one in at a time."""
THREADS = frozenset({"threading.Thread", "threading.Timer"})
EXECUTORS = frozenset(
    {
        "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor",
        "multiprocessing.pool.ThreadPool",
    }
)  # fmt: skip
EXECUTOR_SUBMITTERS = frozenset({"submit", "apply_async"})
EXECUTOR_MAPPERS = frozenset({"map", "imap", "imap_unordered", "starmap"})
RUN_IN_EXECUTOR = "run_in_executor"
FUTURE_WAITERS = frozenset({"concurrent.futures.wait", "concurrent.futures.as_completed"})
WEBSOCKETS = frozenset({"fastapi.WebSocket", "starlette.websockets.WebSocket", "fastapi.websockets.WebSocket"})
WEBSOCKET_WAITS = frozenset(
    {"receive", "receive_text", "receive_json", "receive_bytes", "iter_text", "iter_json", "iter_bytes"}
)
"""The methods of a websocket that wait for the client: https://fastapi.tiangolo.com/reference/websockets/"""
WEBSOCKET_ROUTES = frozenset({"websocket", "websocket_route"})
SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep", "time.sleep"})
SLEEPING_FOR_NOTHING = "0"
"""The time that a task sleeps which only lets others run."""
_HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_HTTP_CLIENTS = (
    "requests.Session", "requests.sessions.Session", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession",
    "aiohttp.client.ClientSession", "urllib3.PoolManager",
)  # fmt: skip
_MAIL_CLIENTS = ("smtplib.SMTP", "smtplib.SMTP_SSL", "aiosmtplib.SMTP", "fastapi_mail.FastMail")
SELF_ENTERED = EXIT_STACKS | frozenset((*_HTTP_CLIENTS, *_MAIL_CLIENTS))
"""Exit stacks, and the clients of other servers: what gives itself when it is entered."""
REMOTE_CALLS = (
    frozenset(f"{module}.{method}" for module in ("requests", "httpx", *_HTTP_CLIENTS) for method in _HTTP_METHODS)
    | frozenset(f"{client}.{method}" for client in _MAIL_CLIENTS for method in ("send_message", "sendmail"))
    | {"httpx.stream", "httpx.Client.send", "httpx.Client.stream", "httpx.AsyncClient.send", "httpx.AsyncClient.stream"}
    | {"requests.Session.send", "urllib.request.urlopen", "urllib.request.urlretrieve", "aiosmtplib.send"}
)
"""What waits for another server: https://docs.python-requests.org/, https://www.python-httpx.org/,
https://docs.aiohttp.org/, https://docs.python.org/3/library/smtplib.html"""
MODEL_LIBRARIES = (
    "openai.", "anthropic.", "google.genai.", "google.generativeai.", "groq.", "mistralai.", "cohere.", "ollama.",
    "litellm.", "langchain.", "langchain_openai.", "langchain_anthropic.", "langchain_core.", "langchain_community.",
)  # fmt: skip
"""The clients of language models."""
MODEL_METHODS = frozenset(
    {
        "create", "acreate", "parse", "generate", "agenerate", "generate_content", "generate_content_async", "chat",
        "complete", "completion", "acompletion", "embedding", "aembedding", "embed", "embed_query", "aembed_query",
        "embed_documents", "aembed_documents", "invoke", "ainvoke", "batch", "abatch", "predict", "apredict",
    }
)  # fmt: skip
STREAMING_RESPONSES = frozenset(
    {
        "fastapi.responses.StreamingResponse", "starlette.responses.StreamingResponse",
        "fastapi.responses.EventSourceResponse", "fastapi.sse.EventSourceResponse",
        "sse_starlette.EventSourceResponse", "sse_starlette.sse.EventSourceResponse",
    }
)  # fmt: skip
"""What sends a response piece by piece, as the generator gives them and the client takes them."""
FILE_RESPONSES = frozenset({"fastapi.responses.FileResponse", "starlette.responses.FileResponse"})
PIECES = ("iter_", "aiter_")
"""How the methods begin by which HTTP clients give an answer in pieces."""
ENDING_METHODS = frozenset({"result", "join", "cancel", "get"})
"""The methods of a task, thread or future behind which it does no more."""

DATABASE_ERRORS = ("sqlalchemy.exc.", "sqlalchemy.orm.exc.", "sqlmodel.exc.")
"""Where the classes of a session's errors are; a driver's own errors come wrapped in them."""
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
    UNDO = "undo"
    LOCAL = "local"

    __hash__ = object.__hash__  # members are what they are, and are looked up all the time


NESTED_METHOD = "begin_nested"
SYNC_SESSION = "sync_session"
"""The attribute of an AsyncSession that is the session behind it."""
SESSION_METHODS: dict[str, Action] = {
    "close": Action.CLOSE,
    "aclose": Action.CLOSE,
    "remove": Action.CLOSE,
    "invalidate": Action.CLOSE,
    "close_all": Action.CLOSE,
    "commit": Action.COMMIT,
    "prepare": Action.COMMIT,
    "rollback": Action.ROLLBACK,
    "reset": Action.CLOSE,
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
    NESTED_METHOD: Action.NESTED,
    "expunge": Action.LOCAL,
    "expunge_all": Action.LOCAL,
    "expire": Action.LOCAL,
    "expire_all": Action.LOCAL,
    "is_modified": Action.LOCAL,
    "in_transaction": Action.LOCAL,
    "in_nested_transaction": Action.LOCAL,
    "get_nested_transaction": Action.LOCAL,
    "get_bind": Action.LOCAL,
    "bind_mapper": Action.LOCAL,
    "bind_table": Action.LOCAL,
    "get_transaction": Action.LOCAL,
    "no_autoflush": Action.LOCAL,
    "object_session": Action.LOCAL,
    "identity_key": Action.LOCAL,
    "enable_relationship_loading": Action.LOCAL,
}
BULK_METHODS = frozenset({"bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"})
ATTACHING_METHODS = frozenset({"add", "add_all", "merge", "merge_all"})
"""The methods that put an object into a session, new or loaded elsewhere."""
DELETING_METHODS = frozenset({"delete"})
"""The methods of a session that delete what they are given."""
WRITING_QUERY_RUNNERS = frozenset({"delete", "update"})
"""The methods by which a Query changes rows."""
WRITING_STATEMENTS = frozenset({"insert", "update", "delete"})
READING_STATEMENTS = frozenset({"select", "exists", "union", "union_all", "intersect", "except_", "values"})
STATEMENT_MODULES = ("sqlalchemy.", "sqlmodel.")
TEXTS = frozenset({"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text", "sqlmodel.text"})
MODEL_CONSTRUCTORS = frozenset({"model_validate", "model_construct", "from_orm", "parse_obj", "construct"})
"""The methods of a model's class that make an object: https://docs.pydantic.dev/latest/api/base_model/"""
PERSISTENT_OBJECT_METHODS = frozenset({"refresh", "expire"})
"""The methods that raise for an object which the session does not hold."""
OPEN_ENDED_METHODS = frozenset({"run_sync", "connection", "get_transaction", "begin"})
"""The methods of a session by which it may be committed out of sight, or by what they give."""
AUTOCOMMIT_LEVEL = "AUTOCOMMIT"
AUTOCOMMIT_OPTIONS = frozenset({"isolation_level", "execution_options"})
"""The options of an engine by which it may commit each statement at once."""
TRANSACTION_METHODS = {"commit": Action.COMMIT, "prepare": Action.COMMIT, "rollback": Action.ROLLBACK,
                       "close": Action.ROLLBACK}  # fmt: skip
"""What the methods of what `begin()` gives do to its session."""
SAVEPOINT_METHODS = {"commit": Action.FLUSH, "rollback": Action.UNDO, "close": Action.UNDO}
"""The same for `begin_nested()`: releasing a savepoint flushes, undoing it makes the session work again."""
COMMITTING_METHODS = frozenset({"commit", "begin"})
IO_ACTIONS = frozenset({Action.COMMIT, Action.ROLLBACK, Action.UNDO, Action.FLUSH, Action.EXECUTE, Action.READ})
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
CLOSE_METHODS = frozenset({"close", "aclose", "remove", "__exit__", "__aexit__"})
"""The methods of a session that end it, whoever calls them."""
CLOSE_ALL = frozenset({"sqlalchemy.orm.close_all_sessions", "sqlalchemy.orm.session.close_all_sessions"})
CLOSE_ALL_METHOD = "close_all"
REGISTRY_CLOSE_METHOD = "remove"
OPEN_ATTRIBUTES = frozenset({"is_active"})
"""Attributes of a session that are true while it is open, and no flush or commit of it has failed."""
TRANSACTION_TESTS = frozenset({"in_transaction"})
"""Methods of a session that are true while it holds a connection."""
CLOSER_METHODS = frozenset({"close", "aclose", "__exit__", "__aexit__", "remove", "dispose", "cleanup", "shutdown"})

QUIET_CALLS = frozenset(
    {
        "print", "len", "str", "repr", "isinstance", "issubclass", "type", "id", "bool", "dict", "list", "set", "tuple",
        "frozenset", "hasattr", "getattr", "callable", "super", "object", "time.time", "time.perf_counter",
        "sys.exc_info", "time.monotonic", "asyncio.get_running_loop", "asyncio.get_event_loop", "asyncio.current_task",
        "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today", "uuid.uuid4",
        "logging.getLogger", "logging.info", "logging.debug", "logging.warning", "logging.error", "logging.exception",
        "loguru.logger.info", "typing.cast", "datetime.timedelta", "sqlalchemy.text", "sqlalchemy.select",
        "sqlmodel.select", "sqlalchemy.func.count", "sqlalchemy.future.select", "range", "enumerate", "zip", "sorted",
    }
)  # fmt: skip
NAME_TABLES = frozenset({"locals", "vars", "dir", "globals"})
TYPE_TESTS = frozenset({"isinstance", "hasattr", "callable"})
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

QUERY_METHOD = "query"
QUERY_RUNNERS = frozenset(
    {
        "all", "first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "scalars", "count", "get",
        "delete", "update",
    }
)  # fmt: skip
"""The methods of a Query that send it: https://docs.sqlalchemy.org/en/20/orm/queryguide/query.html"""
ADDING_METHODS = frozenset({"add", "add_all"})
ENTITY_GETTERS = frozenset({"get", "get_one", "merge"})
"""The methods of a session that give an ORM object, or None."""
ONE_ROW_METHODS = frozenset({"first", "one", "one_or_none", "scalar_one", "scalar_one_or_none", "scalar"})
"""The methods of a result or query that give its first or only row, or None."""
SCALAR_METHODS = frozenset({"scalar", "scalars", "exec"})
"""The methods of a session that give the first item of each row, which of an entity is the object."""
DETACHING_METHODS = frozenset({"delete", "expunge", "expunge_all"})
"""The methods of a session upon which an object is not its own any more, and keeps what it has."""
VALIDATING_METHODS = frozenset({"model_validate", "from_orm"})
"""The methods of a schema that read the attributes of an object."""
STREAMING_METHODS = frozenset({"stream", "stream_scalars"})
"""The methods of an AsyncSession whose result is read from the server as it is gone through, but for ORM objects."""
ASYNC_METHODS = GREENLET_METHODS | STREAMING_METHODS | {"aclose"}
"""The methods of an AsyncSession that a Session has not."""
STREAMING_OPTION = "yield_per"
"""The option, and method of a Query, that has ORM objects read so: https://docs.sqlalchemy.org/en/20/orm/queryguide/api.html#orm-queryguide-yield-per"""
OPTIONS_METHOD = "execution_options"
BUFFERING_METHODS = frozenset({"all", "fetchall", "one", "one_or_none", "first", "scalar_one", "freeze"})
"""The methods of a result that read it to its end, or close it."""
CORE_STATEMENTS = frozenset({"sqlalchemy.text", "sqlalchemy.sql.text", "sqlalchemy.sql.expression.text"})
SELECTS = frozenset({"sqlalchemy.select", "sqlalchemy.future.select", "sqlalchemy.sql.select", "sqlmodel.select"})
COUNTING_ITERATORS = frozenset({"enumerate", "range"})
"""Builtins whose items count the rounds of a loop."""
MESSAGE_SOURCES = ("kafka.", "aiokafka.", "confluent_kafka.", "pika.", "aio_pika.", "redis.", "nats.")
"""The libraries whose objects give messages for as long as they come."""
QUERY_PARTS = frozenset(
    {"subquery", "cte", "label", "as_scalar", "scalar_subquery", "exists", "selectable", "get_execution_options"}
)
"""The methods of a Query that make a part of another statement of it; all others give a Query again."""
CONSUMERS = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all", "next", "bytes"}
)
"""Builtins that go through what they are given, at once."""
CONSUMING_METHODS = frozenset({"join", "extend", "writelines", "writerows"})
PASSING_ITERATORS = frozenset({"enumerate", "zip", "map", "filter", "iter", "reversed"})
"""Builtins that go through what they are given when somebody goes through them."""
PLAIN_TYPES = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "str", "bytes", "int", "float", "complex", "bool", "bytearray"}
)
UNMAPPED_MODULES = ("pydantic.", "pydantic_settings.", "typing.", "enum.", "abc.", "builtins.")
"""Where the bases come from of which no class becomes one of a table."""
MODEL_BASES = frozenset(
    {
        "pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic_settings.BaseSettings", "sqlmodel.SQLModel",
        "sqlmodel.main.SQLModel", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.declarative.declarative_base", "enum.Enum", "typing.TypedDict", "typing.NamedTuple",
    }
)  # fmt: skip
"""What a class is derived from whose objects are rows or plain values."""
BINDING_DECORATORS = frozenset({"staticmethod", "classmethod"})

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
