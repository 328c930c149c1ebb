-- The sample database of the latest-articles site: a few thousand rows, the same on every run.
-- Works on MariaDB 10.6+ and MySQL 8.0+.
DROP DATABASE IF EXISTS news;
CREATE DATABASE news CHARACTER SET utf8mb4;
USE news;
SET SESSION time_zone = '+00:00';

CREATE TABLE authors (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  email VARCHAR(120) NOT NULL UNIQUE,
  bio TEXT
) ENGINE=InnoDB;

CREATE TABLE articles (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  author_id INT UNSIGNED NOT NULL,
  title VARCHAR(200) NOT NULL,
  author VARCHAR(80) NOT NULL,
  summary VARCHAR(500) NULL,
  body TEXT NOT NULL,
  status ENUM('draft', 'published', 'archived') NOT NULL DEFAULT 'published',
  views INT UNSIGNED NOT NULL DEFAULT 0,
  rating DECIMAL(4, 2) NULL,
  published_at DATETIME NOT NULL,
  KEY by_publication (status, published_at),
  CONSTRAINT article_author FOREIGN KEY (author_id) REFERENCES authors (id)
) ENGINE=InnoDB;

CREATE TABLE tags (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(40) NOT NULL UNIQUE
) ENGINE=InnoDB;

CREATE TABLE article_tags (
  article_id INT UNSIGNED NOT NULL,
  tag_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (article_id, tag_id),
  KEY by_tag (tag_id),
  CONSTRAINT tagged_article FOREIGN KEY (article_id) REFERENCES articles (id) ON DELETE CASCADE,
  CONSTRAINT article_tag FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TABLE comments (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  article_id INT UNSIGNED NOT NULL,
  name VARCHAR(80) NOT NULL,
  body VARCHAR(500) NOT NULL,
  created_at DATETIME NOT NULL,
  KEY by_article (article_id, created_at),
  CONSTRAINT commented_article FOREIGN KEY (article_id) REFERENCES articles (id) ON DELETE CASCADE
) ENGINE=InnoDB;

CREATE TEMPORARY TABLE digits (d INT NOT NULL PRIMARY KEY);
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE numbers (n INT NOT NULL PRIMARY KEY);
-- One statement may name a temporary table only once.
INSERT INTO numbers SELECT d FROM digits;
INSERT INTO numbers SELECT n + 10 * d FROM (SELECT n FROM numbers) AS low JOIN digits WHERE d > 0;
INSERT INTO numbers SELECT n + 100 * d FROM (SELECT n FROM numbers) AS low JOIN digits WHERE d > 0;
INSERT INTO numbers SELECT n + 1000 * d FROM (SELECT n FROM numbers) AS low JOIN digits WHERE d BETWEEN 1 AND 4;

INSERT INTO authors (name, email, bio)
SELECT CONCAT(ELT(1 + n MOD 10, 'Amina', 'Bruno', 'Chloé', 'Daniel', 'Elif', 'Farid', 'Grace', 'Hana', 'Ivan', 'Jürgen'), ' ',
              ELT(1 + n DIV 10, 'Haddad', 'Costa', 'Moreau', 'Novák', 'Yılmaz')),
       CONCAT('author', n + 1, '@news.example'),
       IF(n MOD 7 = 0, NULL, CONCAT('Writes about the city, column ', n + 1, '.'))
FROM numbers WHERE n < 50 ORDER BY n;

INSERT INTO tags (name)
SELECT CONCAT(ELT(1 + n MOD 8, 'city', 'water', 'science', 'music', 'sport', 'law', 'food', 'travel'), '-', 1 + n DIV 8)
FROM numbers WHERE n < 40 ORDER BY n;

INSERT INTO articles (author_id, title, author, summary, body, status, views, rating, published_at)
SELECT 1 + n * 7 MOD 50,
       CONCAT(ELT(1 + n MOD 6, 'The fountain of ', 'A morning in ', 'What we learned from ', 'Notes on ', 'The return of ', 'Inside '),
              ELT(1 + n MOD 7, 'Córdoba', 'Istanbul', 'Fez', 'Damascus', 'Cairo', 'Tunis', 'Granada'), ', part ', n + 1),
       (SELECT name FROM authors WHERE id = 1 + n * 7 MOD 50),
       IF(n MOD 11 = 0, NULL, CONCAT('A short account, number ', n + 1, '.')),
       REPEAT(CONCAT('Paragraph of article ', n + 1, '. Water is carried to every street. '), 6 + n MOD 9),
       IF(n MOD 25 = 24, 'draft', IF(n MOD 40 = 39, 'archived', 'published')),
       n * 37 MOD 5000,
       IF(n MOD 13 = 0, NULL, 1 + (n MOD 400) / 100),
       '2026-01-01 08:00:00' + INTERVAL n * 131 MINUTE
FROM numbers WHERE n < 2000 ORDER BY n;

INSERT INTO article_tags (article_id, tag_id)
SELECT DISTINCT 1 + n MOD 2000, 1 + (n * 13 + n DIV 2000 * 7) MOD 40 FROM numbers WHERE n < 5000;

INSERT INTO comments (article_id, name, body, created_at)
SELECT 1 + n * 17 MOD 2000, CONCAT('Reader ', n MOD 300), CONCAT('Comment ', n + 1, ': thank you for this.'),
       '2026-02-01 00:00:00' + INTERVAL n * 53 MINUTE
FROM numbers WHERE n < 5000 ORDER BY n;

DROP TEMPORARY TABLE digits;
DROP TABLE numbers;
