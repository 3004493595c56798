"""What PyJWT says of an access token, knowing the issuer alone: tokens.py ISSUER AUDIENCE TOKEN"""

import json
import sys
from urllib.request import urlopen

import jwt

issuer, audience, token = sys.argv[1:]
with urlopen(f"{issuer}/.well-known/openid-configuration") as answer:
    metadata = json.load(answer)
algorithms = metadata["access_token_signing_alg_values_supported"]
key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)


def verified(text, audience=audience, issuer=issuer):
    required = ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "client_id"]
    return jwt.decode(
        text, key, algorithms=algorithms, audience=audience, issuer=issuer, options={"require": required}
    )


def refused(**wrong):
    try:
        verified(**{"text": token, **wrong})
    except jwt.InvalidTokenError as error:
        print(f"    refused: {error}")
        return True
    return False


header = jwt.get_unverified_header(token)
claims = verified(token)
print(f"  {header['alg']}: {claims['sub']} until {claims['exp']}")
head, body, signature = token.split(".")
fine = (
    header["typ"] == "at+jwt"
    and refused(text=f"{head}.{body}.{signature[:-8]}AAAAAAAA")
    and refused(audience="somebody else")
    and refused(issuer="https://elsewhere.example")
)
sys.exit(0 if fine else 1)
