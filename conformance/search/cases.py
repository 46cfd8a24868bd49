"""The lines that `make.py` asks about: written by hand, and products of subjects, operators, values."""

import itertools

RUNS = r"""
metrics.rmse < 0.2
metrics.rmse<0.2
metrics.rmse>=-1e-3 and metrics.mae<=.5
metric.a = 5.
metrics.`a b` > 1
metrics."a/b" != 1
metrics.'a b' > 1
metrics.a.b.c > 1
metrics.val_loss > 1
metrics._x > 1
metrics.1a > 1
metrics.λ > 1
metrics.0 > 1
metrics.a-b > 1
metrics.a/b > 1
metrics.a b > 1
metrics.a > 1e+5
metrics.a > 1E5
metrics.a > 1.5e-7
metrics.a > 1e400
metrics.a > +5
metrics.a > 0x10
metrics.a > nan
metrics.a > inf
metrics.a > '1'
metrics.a > 5abc
metrics.a > 99999999999999999999999
metrics.a >
metrics.a
metrics. > 1
metrics > 1
metrics.a == 1
metrics.a <> 1
metrics.a =! 1
metrics.a LIKE 1
metrics.a IS NULL
metrics.a IN (1)
params.lr = '0.1'
param.lr = "0.1"
parameter.lr != '0.1'
parameters.lr LIKE '0.%'
params.lr like '0.%'
params.lr ilike '0.%'
params.lr ILIKE'0.%'
params.lr = 0.1
params.lr = abc
params.lr = `abc`
params.lr = ''
params.lr = 'it''s'
params.lr = 'it\'s'
params.lr = "it's"
params.lr = 'say "x"'
params.lr = "say \"x\""
params.lr = 'C:\data\'
params.lr = 'C:\data\' AND metrics.a > 1
params.lr = 'C:\data\' AND params.b = "x"
params.lr = 'C:\data\' AND params.b = 'x'
params.lr = 'a\\'
params.lr = 'a
params.lr = "a
params.lr = 'a' 'b'
params.lr = 'émile ☃'
params.`` = 'a'
params."" = 'a'
params.`a``b` = 'x'
params."a.b" = 'x'
params.`a"b` = 'x'
params."a`b" = 'x'
params."`a`" = 'x'
params.a$b = 'x'
params.lr IS NULL
params.lr is not null
params.lr IS   NOT NULL
params.lr IS NOT 'a'
params.lr IN ('a')
params.lr = ('a')
params.lr RLIKE 'a'
params.lr NOT LIKE 'a'
tags.mlflow.user = 'me'
tag.`mlflow.source.name` LIKE '%.py'
tags."mlflow.note.content" ILIKE '%x%'
tags.user = 'x'
tags.select = 'x'
tags.order = 'x'
tags.like = 'x'
tags.and = 'x'
tags.end = 'x'
tags.null = 'x'
tags.a IS NULL AND tags.b IS NOT NULL
tags.a IS NULL tags.b IS NULL
attributes.status = 'FINISHED'
attribute.status != 'FINISHED'
attr.status LIKE 'F%'
run.status ilike 'f%'
status = 'FINISHED'
`status` = 'FINISHED'
"status" = 'FINISHED'
attributes.`status` = 'FINISHED'
`attributes`.status = 'FINISHED'
`attributes.status` = 'FINISHED'
"attributes".status = 'FINISHED'
status IN ('FINISHED')
status > 'a'
status IS NULL
Status = 'x'
sttaus = 'x'
lifecycle_stage = 'active'
experiment_id = '1'
run_id = 'a'
run_id IN ('a')
run_id in ('a', "b" , 'c')
run_id IN('a','b',)
run_id NOT IN ('a')
run_id not  in ('a')
run_id IN (('a', 'b'))
run_id IN ('a', ('b'))
run_id IN (('a'))
run_id IN ('a' 'b')
run_id IN ('it\'s', 'a\x41\u00e9\n\101\q')
run_id IN (u'a', r'a\n')
run_id IN ()
run_id IN (1, 2)
run_id IN ('a', 1)
run_id IN ('a'
run_id IN ('a' 'b
run_id IN ['a']
run_id IN (['a'])
run_id IN 'a'
run_id IN (,)
run_id = ('a')
run_id LIKE ('a')
run_name = 'x'
attributes.run_name LIKE 'x%'
attributes.`run name` = 'x'
attributes."Run name" = 'x'
`Run Name` = 'x'
run name = 'x'
user_id = 'me'
artifact_uri LIKE 's3%'
start_time > 1700000000000
start_time >= 9007199254740993
start_time = 9223372036854775807
start_time = 9223372036854775808
start_time > -5
start_time > 1.5
start_time > 1e12
start_time > '1'
start_time LIKE '1'
start_time IN (1)
created > 1
attributes.Created <= 1
end_time != 0
datasets.name = 'a'
dataset.digest LIKE 'a%'
datasets.context IN ('train', 'test')
datasets.name NOT IN ('a')
datasets.name > 'a'
datasets.name = 1
datasets.size = 'a'
datasets.name IS NULL
dataset.`name` = 'a'
foo.bar = 'x'
metrcs.a > 1
Metrics.a > 1
params.a = 'x' AND
AND params.a = 'x'
and and params.a = 'x'
AND
params.a = 'x' AND AND metrics.b > 1
params.a = 'x' params.b = 'y'
params.a = 'x'AND params.b = 'y'
params.a = 'x' and params.b = 'y' AnD params.c = 'z'
params.a = 'x' OR params.b = 'y'
(params.a = 'x')
NOT params.a = 'x'
params.a = 'x', params.b = 'y'
params.a = 'x';
params.a = 'x'; params.b = 'y'
params.a = 'x' -- remark
'x' = params.a
params.a = params.b
5 > metrics.a
= 'x'
metrics.a > 1   and   params.b='x'
AND_x = 'y'
"""

EXPERIMENTS = r"""
name = 'a'
name != "a"
name LIKE 'a%'
name like 'a%'
name ILIKE '%a'
name ilike '%a'
name RLIKE 'a'
name IN ('a')
name IS NULL
name > 'a'
name = 1
attribute.name = 'a'
attribute.`name` = 'a'
attributes.name = 'a'
`name` = 'a'
experiment_id = '1'
experiment_id = ' 1 '
experiment_id != '007'
experiment_id IN ('1', '2')
experiment_id in ('1')
experiment_id NOT IN ('1')
experiment_id not in ('1')
experiment_id IN ('a')
experiment_id = 'a'
experiment_id = 1
experiment_id LIKE '1'
creation_time > 1700000000000
creation_time > 1.0
creation_time > '1'
last_update_time <= 5
last_update_time LIKE '5'
last_updated_time > 5
tags.a = 'b'
tag.a != 'b'
tags.`a b` LIKE '%b'
tags.a like '%b'
tags."a.b" ILIKE 'x'
tags.a IS NULL
tags.a is null
tags.a IS NOT NULL
tags.a is not null
tags.a IN ('x')
tags.a > 'x'
tags.a = 5
params.a = 'b'
metrics.a > 1
lifecycle_stage = 'active'
name = 'a' AND tags.b = 'c' AND creation_time > 5
name = 'a' OR name = 'b'
"""

REGISTERED_MODELS = r"""
name = 'a'
name != 'a'
name LIKE 'a%'
name like 'a%'
name ILIKE 'a%'
name IN ('a', 'b')
name in ('a')
name NOT IN ('a')
name RLIKE 'a'
name = ('a')
name IS NULL
name > 'a'
name = 5
attribute.name = 'a'
attributes.name = 'a'
`name` = 'a'
creation_timestamp > 1
last_updated_timestamp > 1
tags.a = 'b'
tag.a != 'b'
tags.`mlflow.prompt.is_prompt` = 'true'
tags.mlflow.prompt.is_prompt != 'true'
tags.a LIKE 'b%'
tags.a ilike 'b%'
tags.a IS NULL
tags.a IN ('b')
tags.a = 5
metrics.a > 1
name = 'a' AND tags.b = 'c'
name = 'a' name = 'b'
version = 1
"""

MODEL_VERSIONS = r"""
name = 'a'
name LIKE 'a%'
name in ('a', 'b')
name NOT IN ('a')
name IS NULL
version_number = 1
version_number = '1'
version_number = ' 1'
version_number = 'a'
version_number > 1.5
version_number >= 2
version_number < '3'
version_number IN ('1')
version_number LIKE '1'
version = 1
run_id = 'a'
run_id IN ('a', 'b')
run_id = 5
source_path = 's3://b/a'
source_path LIKE 's3:%'
source_path IN ('a')
source_path ILIKE 's3:%'
creation_timestamp > 5
attribute.version_number = 1
attribute.run_id = 'a'
attributes.run_id = 'a'
current_stage = 'Production'
tags.a = 'b'
tags.`a b` LIKE 'b%'
tags.a IS NULL
tags.a > 'b'
name = 'a' AND version_number = 3 AND tags.x = 'y'
"""

LOGGED_MODELS = r"""
name = 'a'
name = "a"
name = a
name = a.b
name = `a`
name = 5
name LIKE 'a%'
name like 'a%'
name IN ('a', 'b')
name in ('a')
name NOT IN ("a")
name IN ()
name IN ('a', 1)
name IN (0.5, -2)
name = ('a')
name RLIKE 'a'
name IS NULL
name > 'a'
name = ''
name = 'it''s'
attributes.name = 'a'
attribute.name = 'a'
model_id = 'm-1'
model_type = 'x'
status = 'READY'
status_message LIKE 'x%'
source_run_id = 'a'
experiment_id = 1
lifecycle_stage = 'active'
artifact_location LIKE 'x%'
creation_timestamp > 5
creation_time <= 1700000000000
creation_timestamp_ms != 1.5
creation_time LIKE '5'
creation_time = '5'
creation_time IN (5)
last_updated_timestamp > 5
last_updated_timestamp_ms > 5
last_updated_time > 5
`name` = 'a'
foo = 'a'
metrics.a > 0.5
metrics.`a b` = 1
metrics.a.b < 2
metrics.a > 'x'
metrics.a LIKE 5
metrics.a IN (5)
metric.a > 5
params.lr = '0.1'
params.lr = 0.1
params.lr LIKE '0%'
params.lr IN ('1', '2')
params.lr IN (1, 2)
params.lr IS NULL
params."a b" = 'x'
params.`a b` = 'x'
params.'a b' = 'x'
param.lr = '1'
tags.a = 'b'
tags.mlflow.user != 'b'
tags.a ILIKE 'b%'
tag.a = 'b'
datasets.name = 'a'
metrics.a > 1 AND params.b = 'x' and tags.c = 'y' AND name LIKE 'n%'
metrics.a > 1 params.b = 'x'
metrics.a > 1 OR metrics.b > 2
"""

TRACES = r"""
status = 'OK'
trace.status = 'OK'
attributes.status != 'ERROR'
attribute.status IN ('OK', 'ERROR')
status NOT IN ('OK')
status rlike 'O.*'
status LIKE 'O%'
status IS NULL
status > 'a'
request_id = 'tr-1'
request_id IN ('tr-1')
trace_id = 'x'
client_request_id = 'x'
client_request_id ilike 'x'
timestamp > 5
timestamp_ms > 5
timestamp_ms BETWEEN 1 AND 2
trace.timestamp >= 5
trace.timestamp > 5.5
trace.timestamp > '5'
attributes.timestamp_ms = '5'
timestamp > 5 AND timestamp < 10
execution_time > 5
execution_time_ms <= 2.5
end_time > 5
end_time_ms < 5
execution_time LIKE '5'
timestamp_ms IN (5)
name = 'x'
name LIKE 'x%'
name RLIKE '^x'
name IN ('x')
name IS NULL
trace.name != 'x'
name = 5
run_id = 'r'
run_id != 'r'
run_id IN ('r')
run_id IS NOT NULL
attributes.run_id = 'r'
prompt = 'a/1'
prompt = 'a'
prompt = 'a/1/2'
prompt != 'a/1'
trace.prompt = "a/1"
trace.text LIKE '%x%'
trace.text like '%x%'
trace.text ILIKE '%x%'
trace.text = 'x'
trace.text IS NULL
tags.a = 'b'
tag.a LIKE 'b%'
tags.a RLIKE 'b'
tags.a rlike 'b'
tags.a IS NULL
tags.a is not null
tags.a IN ('b')
tags.a = 5
tags.name = 'x'
tags.Name = 'x'
tags.run_id = 'x'
tags.text LIKE 'x'
tags.timestamp = 'x'
tags.mlflow.traceName = 'x'
tags.`mlflow.linkedPrompts` = 'a/1'
tags.`mlflow.linkedPrompts` LIKE 'a/1'
metadata.a = 'b'
request_metadata.a != 'b'
metadata.`a b` LIKE 'b'
metadata.a RLIKE 'b'
metadata.a IS NULL
metadata.a IN ('b')
metadata.name = 'x'
metadata.`mlflow.sourceRun` = 'x'
metadata.`mlflow.trace.session` = 's'
metadata.`mlflow.trace.tokenUsage` = '{}'
metadata.`mlflow.trace.tokenUsage` LIKE '{}'
metadata.`mlflow.trace.cost` IS NULL
span.name = 'x'
span.name LIKE 'x'
span.name like 'x'
span.name in ('x')
span.name IN ('x', 'y')
span.name not in ('x')
span.type = 'LLM'
span.type RLIKE 'L.*'
span.status != 'OK'
span.content LIKE '%x%'
span.content ILIKE '%x%'
span.content = 'x'
span.content RLIKE 'x'
span.attributes.model = 'x'
span.attributes.a.b.c LIKE 'x'
span.attributes.`a b` ILIKE 'x'
span.`attributes.model` RLIKE 'x'
span.attributes."a b" LIKE 'x'
span.attributes.model IN ('x')
span.attributes.model IS NULL
span.attributes = 'x'
span.kind = 'x'
span.name IS NULL
span.name > 'x'
spans.name = 'x'
feedback.a = 'x'
feedback.a != "x"
feedback.a = 5
feedback.a > 5
feedback.a <= 0.5
feedback.a > '5'
feedback.a LIKE 'x%'
feedback.a ilike 'x%'
feedback.a RLIKE 'x'
feedback.a IS NULL
feedback.a IS NOT NULL
feedback.a IN ('x')
feedback.`a b` = 'true'
feedback.name = 'x'
feedback.timestamp = 'x'
expectation.a = 'x'
expectation.a >= 1e-3
expectation.a IS NULL
issue.id = 'x'
issue.id != 'x'
issue.id IS NULL
issue.id = 5
issue.name = 'x'
issue.severity = 'x'
issues.id = 'x'
experiment_id = '1'
metrics.a > 5
params.a = 'x'
timestamp_ms > 5 AND name = 'x' AND span.type = 'LLM' AND feedback.q > 0.5 AND tags.a IS NULL
status = 'OK' OR status = 'ERROR'
"""


def lines(text):
    return [line for line in text.split("\n") if line]


FILTERS = {
    "runs": [*lines(RUNS), "", "   ", "params.a = 'x'\nAND\tparams.b = 'y'", "params.a IS NOT  NULL"],
    "experiments": lines(EXPERIMENTS),
    "registered_models": lines(REGISTERED_MODELS),
    "model_versions": lines(MODEL_VERSIONS),
    "logged_models": lines(LOGGED_MODELS),
    "traces": lines(TRACES),
}

CLAUSES = ["{} ASC", "{} DESC", "{} asc", "{} desc", "{}   DESC", "{}"]
BAD_CLAUSES = ["{} foo", "{} DESC blah", "{}, name", "{} DESC NULLS LAST", "{} ", " {}", "DESC", "", "5 {}"]


def clauses(*keys, bad="name"):
    good = [CLAUSES[i % len(CLAUSES)].format(key) for i, key in enumerate(keys)]
    return [*good, *keys, *(clause.format(bad) for clause in BAD_CLAUSES)]


ORDERS = {
    "runs": clauses(
        "metrics.a", "metric.`a b`", 'metrics."a/b"', "params.'a b'", "param.a.b", "tags.mlflow.user", "tag.a",
        "start_time", "end_time", "created", "Created", "attributes.status", "attr.run_id", "run.user_id",
        "run_name", "artifact_uri", "dataset.name", "datasets.digest", "foo", "foo.bar", "timestamp",
        "lifecycle_stage", "metrics.a/b", "metrics.0", "attribute.start_time", "metrics", bad="start_time",
    ),
    "experiments": clauses(
        "name", "experiment_id", "creation_time", "last_update_time", "attribute.name", "attributes.name",
        "tags.a", "timestamp", "foo", "`name`",
    ),
    "registered_models": clauses(
        "name", "timestamp", "last_updated_timestamp", "creation_timestamp", "description", "attribute.name",
        "tags.name", "TIMESTAMP", "nmae",
    ),
    "model_versions": clauses(
        "name", "version_number", "creation_timestamp", "last_updated_timestamp", "run_id", "timestamp",
        "attribute.version_number", "version", "`name`", "tags.a",
    ),
    "logged_models": [
        "name", "model_id", "model_type", "status", "source_run_id", "experiment_id", "creation_time",
        "creation_timestamp", "creation_timestamp_ms", "last_updated_timestamp", "last_updated_timestamp_ms",
        "last_updated_time", "metrics.a", "metrics.a b", "metrics.a.b", "metrics.", "metric.a", "params.a",
        "tags.a", "foo", " name", "attributes.name", "",
    ],
    "traces": clauses(
        "timestamp", "timestamp_ms", "execution_time", "execution_time_ms", "status", "request_id",
        "experiment_id", "name", "run_id", "trace.status", "attributes.timestamp", "tags.a", "tag.`a b`",
        "metadata.a", "request_metadata.a", "metadata.`mlflow.trace.cost`", "span.name", "feedback.a",
        "issue.id", "client_request_id", "prompt", "text", "foo", "tags.name", "end_time", "end_time_ms",
        bad="timestamp",
    ),
}

SUBJECTS = {
    "runs": [
        "metrics.m", "params.p", "tags.t", "run_id", "attributes.run_name", "status", "user_id", "artifact_uri",
        "start_time", "attr.end_time", "created", "datasets.name", "dataset.digest", "datasets.context",
    ],
    "experiments": ["name", "experiment_id", "creation_time", "attribute.last_update_time", "tags.t", "tag.t"],
    "registered_models": ["name", "attribute.name", "tags.t"],
    "model_versions": ["name", "version_number", "run_id", "source_path", "tags.t"],
    "logged_models": [
        "name", "model_id", "model_type", "status", "source_run_id", "creation_time", "last_updated_timestamp",
        "metrics.m", "params.p", "tags.t",
    ],
    "traces": [
        "name", "status", "request_id", "client_request_id", "run_id", "prompt", "trace.text", "timestamp_ms",
        "attributes.timestamp", "execution_time", "end_time", "tags.t", "metadata.m", "span.name", "span.type",
        "span.status", "span.content", "span.attributes.a", "feedback.f", "expectation.e", "issue.id",
    ],
}

OPERATORS = [
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "like", "ILIKE", "ilike", "RLIKE", "rlike", "IN", "in", "NOT IN",
    "not in", "IS NULL", "is null", "IS NOT NULL", "is not null", "==", "NOT LIKE", "REGEXP",
]

VALUES = ["'v'", '"v"', "5", "2.5", "('v', 'w')", "'a/1'"]


def products(entity):
    """Every subject with every operator, with values that take turns."""
    turn = itertools.count()
    for subject, operator in itertools.product(SUBJECTS[entity], OPERATORS):
        if "NULL" in operator.upper():
            yield f"{subject} {operator}"
            continue
        fitting = "('v', 'w')" if "IN" == operator.upper()[-2:] else "'v'"
        yield f"{subject} {operator} {fitting}"
        yield f"{subject} {operator} {VALUES[next(turn) % len(VALUES)]}"
        yield f"{subject} {operator} 5"
