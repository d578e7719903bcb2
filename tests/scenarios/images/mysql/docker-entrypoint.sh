#!/bin/sh
# Prepares the data directory at the first start from the MYSQL_* variables, then becomes the server.
set -eu

if [ ! -d /var/lib/mysql/mysql ]; then
  echo "Initializing database files"
  chown mysql:mysql /var/lib/mysql
  mariadb-install-db --user=mysql --skip-test-db >/dev/null
  mariadbd --user=mysql --bootstrap <<SQL
FLUSH PRIVILEGES;
CREATE DATABASE IF NOT EXISTS \`${MYSQL_DATABASE}\`;
CREATE USER '${MYSQL_USER}'@'%' IDENTIFIED BY '${MYSQL_PASSWORD}';
GRANT ALL ON \`${MYSQL_DATABASE}\`.* TO '${MYSQL_USER}'@'%';
ALTER USER 'root'@'localhost' IDENTIFIED BY '${MYSQL_ROOT_PASSWORD}';
SQL
  echo "Database initialized"
fi
exec "$@"
