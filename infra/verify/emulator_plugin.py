"""What the pinned emulator lacks and the stack needs, added before it starts. Each part is named."""

import json
import threading

from ministack.app import main
from ministack.services import apigateway_v1, lambda_svc, secretsmanager
from ministack.services.cloudformation import provisioners

handlers = provisioners._RESOURCE_HANDLERS


def named(what):
    print(f"  added to the emulator: {what}", flush=True)


def placeholder(logical_id, props, stack_name):
    return f"{stack_name}-{logical_id}", {}


named("AWS::Logs::QueryDefinition, kept in name only")
handlers["AWS::Logs::QueryDefinition"] = {
    "create": placeholder,
    "delete": lambda physical_id, props: None,
}

named("alarms over metric math, kept in name only")
alarm = dict(handlers["AWS::CloudWatch::Alarm"])


def alarm_or_name(logical_id, props, stack):
    if not props.get("Metrics"):
        return alarm["create"](logical_id, props, stack)
    name = props["AlarmName"]
    return name, {"Arn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"}


handlers["AWS::CloudWatch::Alarm"] = {
    **alarm,
    "create": alarm_or_name,
    "update": lambda physical_id, old, new, stack, **more: (
        (physical_id, {}) if new.get("Metrics") else alarm["update"](physical_id, old, new, stack, **more)
    ),
}

named("requestContext.domainName")
build = apigateway_v1._build_lambda_event_v1


def with_domain(api_id, *given, **more):
    event = build(api_id, *given, **more)
    event["requestContext"]["domainName"] = f"{api_id}.execute-api.us-east-1.amazonaws.com"
    return event


apigateway_v1._build_lambda_event_v1 = with_domain

named("ANY, gateway responses and binary types of an imported OpenAPI document")
extension = "x-amazon-apigateway-"
apigateway_v1._OPENAPI_HTTP_METHODS = {*apigateway_v1._OPENAPI_HTTP_METHODS, extension + "any-method"}
import_operation = apigateway_v1._import_operation
import_api = apigateway_v1._import_rest_api


def import_any(api_id, resource_id, method, *given):
    named_method = "ANY" if method.lower() == extension + "any-method" else method
    return import_operation(api_id, resource_id, named_method, *given)


def import_all(definition, data=None):
    binary = definition.get(extension + "binary-media-types", [])
    api_id = import_api(definition, {**(data or {}), "binaryMediaTypes": binary})
    for kind, response in definition.get(extension + "gateway-responses", {}).items():
        apigateway_v1._put_gateway_response(api_id, kind, response)
    return api_id


apigateway_v1._import_operation = import_any
apigateway_v1._import_rest_api = import_all

named("AWS::SecretsManager::RotationSchedule, which calls the function with the four steps")


def rotate(secret_id, function_arn):
    function = lambda_svc._functions[function_arn.split(":")[-1]]
    token = secretsmanager.new_uuid()
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = {"Step": step, "SecretId": secret_id, "ClientRequestToken": token}
        answer = lambda_svc._execute_function(function, event)
        if answer.get("error"):
            print(f"  rotation: {step} {json.dumps(answer)[:300]}", flush=True)


def schedule(logical_id, props, stack_name):
    given = (props["SecretId"], props["RotationLambdaARN"])
    threading.Timer(1, rotate, given).start()
    return placeholder(logical_id, props, stack_name)


handlers["AWS::SecretsManager::RotationSchedule"] = {
    "create": schedule,
    "update": lambda physical_id, old, new, stack, **more: schedule(physical_id, new, stack),
    "delete": lambda physical_id, props: None,
}

if __name__ == "__main__":
    main()
