"""What Python's mappers ask of a database: mappers.py PORT NAME prints the rows that one of them reads, as JSON."""
import json
import sys

IDS = (1, 2, 3)


def with_django(port, atomic):
    import django
    from django.conf import settings
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.mysql", "NAME": "news", "USER": "site", "PASSWORD": "site",
                                              "HOST": "127.0.0.1", "PORT": str(port)}})
    django.setup()
    from django.db import models, transaction

    class Article(models.Model):
        title = models.CharField(max_length=200)
        status = models.CharField(max_length=20)

        class Meta:
            app_label = "news"
            db_table = "articles"
            managed = False

    def read():
        rows = [Article.objects.values_list().get(pk=n) for n in IDS]
        rows += Article.objects.filter(status="published").order_by("-id").values_list()[:5]
        return rows + [Article.objects.filter(title__icontains="fountain").count(), Article.objects.filter(pk__in=IDS).exists()]
    if not atomic:
        return read()
    with transaction.atomic():
        return read()


def with_sqlalchemy(port, isolation):
    import sqlalchemy
    engine = sqlalchemy.create_engine(f"mysql+mysqldb://site:site@127.0.0.1:{port}/news", isolation_level=isolation)
    articles = sqlalchemy.Table("articles", sqlalchemy.MetaData(), sqlalchemy.Column("id", sqlalchemy.Integer),
                                sqlalchemy.Column("title", sqlalchemy.String(200)))
    with engine.connect() as connection:
        rows = [connection.execute(articles.select().where(articles.c.id == n)).fetchone() for n in IDS]
        rows += connection.execute(articles.select().order_by(articles.c.id.desc()).limit(3)).fetchall()
    return [tuple(row) for row in rows]


MAPPERS = {"django": lambda port: with_django(port, False), "django_atomic": lambda port: with_django(port, True),
           "sqlalchemy_autocommit": lambda port: with_sqlalchemy(port, "AUTOCOMMIT"),
           "sqlalchemy_read_committed": lambda port: with_sqlalchemy(port, "READ COMMITTED")}

if __name__ == "__main__":
    print(json.dumps(MAPPERS[sys.argv[2]](int(sys.argv[1]))))
