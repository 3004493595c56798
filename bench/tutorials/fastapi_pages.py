"""Pages behind a JWT, as the FastAPI tutorial has them: jwcrypto, and items in memory."""

import json

from fastapi import Depends, FastAPI, Header, HTTPException
from jwcrypto import jwk, jwt
from pydantic import BaseModel

KEY = jwk.JWK(kty="oct", k="c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")
app = FastAPI()


class Student(BaseModel):
    name: str
    email: str
    rollNo: str
    age: int


students = {
    number: {"id": number, "name": "Ada Lovelace", "email": "ada@example.org", "age": 36}
    for number in range(1, 101)
}


async def claims(authorization: str = Header()):
    try:
        token = jwt.JWT(key=KEY, jwt=authorization.partition(" ")[2], algs=["HS256"])
        return json.loads(token.claims)
    except Exception:
        raise HTTPException(401)


@app.get("/students/{number}")
async def read(number: int, caller=Depends(claims)):
    return students[number]


@app.get("/students")
async def list_students(caller=Depends(claims)):
    return {"items": [students[number] for number in range(1, 26)]}


@app.post("/students", status_code=201)
async def create(student: Student, caller=Depends(claims)):
    number = len(students) + 1
    students[number] = {"id": number, **student.dict()}
    return students[number]
