"""Users and posts behind a JWT, as the Flask tutorial has them: SQLAlchemy and PostgreSQL.

Each request reads the user whom the token names, as Flask-JWT's identity function does.
"""

import os

import bcrypt
import jwt
from flask import Flask, abort, request
from flask_restful import Api, Resource, fields, marshal_with
from flask_sqlalchemy import SQLAlchemy

SECRET = "Ill never tell"
app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
api = Api(app)
db = SQLAlchemy(app)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.Text)
    password = db.Column(db.Text)


class Post(db.Model):
    __tablename__ = "posts"
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.Text)
    body = db.Column(db.Text)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"))


post_fields = {"id": fields.Integer, "title": fields.String, "body": fields.String}


def current_identity():
    try:
        token = request.headers.get("Authorization", "").partition(" ")[2]
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        abort(401)
    return db.session.get(User, claims["identity"])


class Posts(Resource):
    @marshal_with({"items": fields.List(fields.Nested(post_fields))})
    def get(self):
        user = current_identity()
        query = Post.query.filter_by(user_id=user.id).order_by(Post.id).limit(25)
        return {"items": query.all()}

    @marshal_with(post_fields)
    def post(self):
        body = request.get_json()
        post = Post(title=body["name"], body=body["email"], user_id=current_identity().id)
        db.session.add(post)
        db.session.commit()
        return post, 201


class OnePost(Resource):
    @marshal_with(post_fields)
    def get(self, number):
        return Post.query.filter_by(user_id=current_identity().id, id=number).first()


api.add_resource(Posts, "/students")
api.add_resource(OnePost, "/students/<int:number>")

with app.app_context():
    db.create_all()
    if not User.query.first():
        hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
        db.session.add(User(id=1, username="matt", password=hashed))
        db.session.commit()
        db.session.add_all([Post(title="One", body="Text", user_id=1) for _ in range(100)])
        db.session.commit()
