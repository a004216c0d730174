# SPDX-License-Identifier: Apache-2.0
"""Django settings of the web process: the store's, and what the web alone needs.

From the environment: PROJECTIONIST_STATE (the state directory), PROJECTIONIST_HOSTS (names under which it is
reached, by commas; loopback is always among them) and PROJECTIONIST_ORIGINS (origins of other sites whose pages may
show the board, by commas).
"""

import os

from django.utils.functional import SimpleLazyObject

from adapters.store.settings import DATABASE_ROUTERS, DATABASES, STATE, TIME_ZONE, USE_TZ
from web.secret import secret_key

__all__ = ["DATABASES", "DATABASE_ROUTERS", "STATE", "TIME_ZONE", "USE_TZ"]


def _listed(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


SECRET_KEY = SimpleLazyObject(lambda: secret_key(STATE))  # whoever only imports this file draws none
DEBUG = False
SECURE = os.environ.get("PROJECTIONIST_SECURE", "") == "1"
"""Served over TLS, by a proxy in front: cookies and redirects insist on it. `projectionist web` says which."""
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *_listed("PROJECTIONIST_HOSTS")]
ORIGINS = _listed("PROJECTIONIST_ORIGINS")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _listed("PROJECTIONIST_HOSTS")]

INSTALLED_APPS = [
    "adapters.store.apps.StoreConfig",
    "web.accounts.apps.AccountsConfig",
    "web.board.apps.BoardConfig",
    "web.watch.apps.WatchConfig",
    "web.schedule.apps.ScheduleConfig",
    "web.deployments.apps.DeploymentsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "web.metrics.middleware.Measured",
    "web.accounts.saying.AccessLine",
    "web.accounts.guarding.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.stream.cors.NamedOrigins",
    "web.accounts.limiting.Limited",
    "web.accounts.saying.Audited",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.accounts.guarding.LoginFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "web.urls"
ASGI_APPLICATION = "web.asgi.application"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["web.accounts.backend.ScopeBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

FILE_UPLOAD_HANDLERS = [
    "web.deployments.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # no step that collects files before a start

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGGING_CONFIG = None  # `python -m web` configures structlog
