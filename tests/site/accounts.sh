#!/bin/bash
# Run by the MySQL image at its first start, after the sample data: the accounts of Sabil and of the site.
mysql --user=root --password="$MYSQL_ROOT_PASSWORD" <<SQL
CREATE USER 'sabil'@'%' IDENTIFIED BY '$SABIL_MYSQL_PASSWORD';
GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'sabil'@'%';
CREATE USER 'site'@'%' IDENTIFIED BY '$SITE_MYSQL_PASSWORD';
GRANT SELECT, INSERT, UPDATE, DELETE ON news.* TO 'site'@'%';
SQL
