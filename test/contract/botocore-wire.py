"""What botocore's model of the service says of the wire, one line a fact: the table of wire-names.test.ts.

operation NAME INPUT->OUTPUT WRAPPER FAULT ...
structure NAME MEMBER[=WIRE NAME]:KIND ...       KIND of a list: [ITEM:KIND], `flat` before it when it is flattened
enum NAME VALUE ...
fault NAME CODE STATUS
"""

import botocore
import botocore.session

model = botocore.session.get_session().get_service_model("elasticache")
enums = {}


def kind(shape):
    if shape.type_name == "structure":
        return shape.name
    if shape.type_name == "list":
        flat = "flat" if shape.serialization.get("flattened") else ""
        item = shape.member.serialization.get("name", "member")
        return f"{flat}[{item}:{kind(shape.member)}]"
    if shape.type_name == "map":
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return f"map({key}:{kind(shape.key)},{value}:{kind(shape.value)})"
    if shape.type_name == "timestamp":
        return f"timestamp({shape.serialization.get('timestampFormat', 'iso8601')})"
    if getattr(shape, "enum", None):
        enums[shape.name] = shape.enum
        return f"string<{shape.name}>"
    return shape.type_name


def member(name, shape):
    wire = shape.serialization.get("name", name)
    return f"{name}:{kind(shape)}" if wire == name else f"{name}={wire}:{kind(shape)}"


def lines():
    faults = {}
    structures = {}
    for name in model.shape_names:
        shape = model.shape_for(name)
        if shape.type_name != "structure":
            continue
        if shape.metadata.get("exception"):
            error = shape.metadata.get("error", {})
            faults[name] = f"{error.get('code', name)} {error.get('httpStatusCode', 400)}"
        else:
            structures[name] = [member(*each) for each in shape.members.items()]
    yield "botocore", botocore.__version__
    yield "namespace", model.metadata["xmlNamespace"]
    yield "version", model.api_version
    for name in sorted(model.operation_names):
        operation = model.operation_model(name)
        output = operation.output_shape
        shapes = f"{operation.input_shape.name}->{output.name if output else '-'}"
        wrapper = output.serialization.get("resultWrapper", "-") if output else "-"
        yield "operation", name, shapes, wrapper, *sorted(error.name for error in operation.error_shapes)
    for name, members in sorted(structures.items()):
        yield "structure", name, *members
    for name, values in sorted(enums.items()):
        yield "enum", name, *values
    for name, code in sorted(faults.items()):
        yield "fault", name, code


for line in lines():
    print(*line)
