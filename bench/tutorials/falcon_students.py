"""Students behind a JWT, as the Falcon tutorial has them: SQLObject, and SQLite in memory."""

import json

import falcon
import jwt
from sqlobject import IntCol, SQLObject, StringCol, connectionForURI, sqlhub

SECRET = "secret"
sqlhub.processConnection = connectionForURI("sqlite:/:memory:")


class Student(SQLObject):
    name = StringCol()
    email = StringCol()
    rollNo = StringCol()
    age = IntCol()

    def media(self):
        fields = ("id", "name", "email", "rollNo", "age")
        return {field: getattr(self, field) for field in fields}


Student.createTable()
for number in range(100):
    Student(name="Ada Lovelace", email=f"ada{number}@example.org", rollNo=str(number), age=36)


class Authorization:
    def process_request(self, request, response):
        token = (request.auth or "").partition(" ")[2]
        try:
            jwt.decode(token, SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            raise falcon.HTTPUnauthorized()


class Students:
    def on_get(self, request, response):
        response.media = {"items": [one.media() for one in Student.select().limit(25)]}

    def on_post(self, request, response):
        response.media = Student(**json.loads(request.stream.read())).media()
        response.status = falcon.HTTP_201


class OneStudent:
    def on_get(self, request, response, number):
        response.media = Student.get(number).media()


app = falcon.App(middleware=[Authorization()])
app.add_route("/students", Students())
app.add_route("/students/{number:int}", OneStudent())
