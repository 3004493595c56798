"""Mountains behind a JWT, as the Flask-RESTful tutorial has them: items in memory."""

import jwt
from flask import Flask, abort, request
from flask_restful import Api, Resource

SECRET = "super-secret"
app = Flask(__name__)
api = Api(app)
mountains = {
    number: {"id": number, "name": "everest", "heightM": 8848} for number in range(1, 101)
}


def authorize():
    try:
        token = request.headers.get("Authorization", "").partition(" ")[2]
        return jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        abort(401)


class Mountains(Resource):
    def get(self):
        authorize()
        return {"items": [mountains[number] for number in range(1, 26)]}

    def post(self):
        authorize()
        number = len(mountains) + 1
        mountains[number] = {"id": number, **request.get_json()}
        return mountains[number], 201


class Mountain(Resource):
    def get(self, number):
        authorize()
        return mountains[number]


api.add_resource(Mountains, "/students")
api.add_resource(Mountain, "/students/<int:number>")
