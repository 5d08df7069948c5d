#!/usr/bin/env bash
# Makes a user and a database for each service, which no other may enter. The PostgreSQL image runs it at its first start; by
# hand it is told where by PGHOST, PGPORT and PGPASSWORD, and by SECRETS in which folder the passwords lie.
set -euo pipefail
for service in catalogue reporting verification ranking gateway; do
  psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres \
    --set name="$service" --set password="$(cat "${SECRETS:-/run/secrets}/$service-password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
