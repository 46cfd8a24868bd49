"""Prompts, which are registered models with a mark."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException


def test_register_and_load(name):
    made = mlflow.genai.register_prompt(
        name=name, template="Hello {{who}}, ☂", commit_message="first", tags={"a": "1"}
    )
    assert made.version == 1
    prompt = mlflow.genai.load_prompt(f"prompts:/{name}/1")
    assert (prompt.template, prompt.commit_message, prompt.tags) == ("Hello {{who}}, ☂", "first", {"a": "1"})
    assert prompt.variables == {"who"}
    assert prompt.format(who="world") == "Hello world, ☂"


def test_a_chat(name):
    messages = [{"role": "system", "content": "Be {{how}}."}, {"role": "user", "content": "{{question}}"}]
    mlflow.genai.register_prompt(name=name, template=messages, response_format={"type": "object"})
    prompt = mlflow.genai.load_prompt(name, version=1)
    assert prompt.template == messages
    assert prompt.response_format == {"type": "object"}


def test_versions_and_aliases(client, name):
    for text in ["one", "two", "three"]:
        mlflow.genai.register_prompt(name=name, template=text)
    mlflow.genai.set_prompt_alias(name, "production", 2)
    load = lambda which: mlflow.genai.load_prompt(f"prompts:/{name}{which}").template  # noqa: E731
    assert [load("/1"), load("@production"), load("@latest")] == ["one", "two", "three"]
    mlflow.genai.set_prompt_alias(name, "production", 1)
    assert load("@production") == "one"
    assert sorted(v.version for v in client.search_prompt_versions(name)) == [1, 2, 3]
    mlflow.genai.delete_prompt_alias(name, "production")
    with pytest.raises(MlflowException):
        load("@production")


def test_a_long_prompt(name):
    mlflow.genai.register_prompt(name=name, template="x" * 100_000)
    assert mlflow.genai.load_prompt(name, version=1).template == "x" * 100_000
    with pytest.raises(MlflowException):
        mlflow.genai.register_prompt(name=name, template="x" * 100_001)


def test_search(client, name):
    mlflow.genai.register_prompt(name=f"{name}-a", template="t", tags={"colour": "red"})
    mlflow.genai.register_prompt(name=f"{name}-b", template="t")
    client.create_registered_model(f"{name}-model")
    client.set_prompt_tag(f"{name}-b", "colour", "blue")
    found = lambda text: [p.name.removeprefix(name) for p in mlflow.genai.search_prompts(text)]  # noqa: E731
    assert found(f"name LIKE '{name}%'") == ["-a", "-b"]
    assert found(f"name = '{name}-a'") == ["-a"]
    assert found(f"name LIKE '{name}%' AND tags.colour = 'blue'") == ["-b"]
    assert [m.name for m in client.search_registered_models(f"name LIKE '{name}%'")] == [f"{name}-model"]


def test_a_prompt_is_no_model(client, name):
    mlflow.genai.register_prompt(name=name, template="t")
    for ask in [client.get_registered_model, client.delete_registered_model]:
        with pytest.raises(MlflowException) as refusal:
            ask(name)
        assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model(name)


def test_a_model_is_no_prompt(client, name):
    client.create_registered_model(name)
    with pytest.raises(MlflowException):
        mlflow.genai.register_prompt(name=name, template="t")


def test_tags(client, name):
    mlflow.genai.register_prompt(name=name, template="t")
    client.set_prompt_tag(name, "a", "1")
    client.set_prompt_version_tag(name, "1", "b", "2")
    assert client.get_prompt(name).tags["a"] == "1"
    assert client.get_prompt_version(name, "1").tags == {"b": "2"}
    client.delete_prompt_tag(name, "a")
    client.delete_prompt_version_tag(name, "1", "b")
    assert "a" not in client.get_prompt(name).tags
    assert client.get_prompt_version(name, "1").tags == {}


def test_delete(client, name):
    for text in ["one", "two"]:
        mlflow.genai.register_prompt(name=name, template=text)
    client.delete_prompt_version(name, "1")
    assert [v.version for v in client.search_prompt_versions(name)] == [2]
    client.delete_prompt_version(name, "2")
    client.delete_prompt(name)
    assert client.get_prompt(name) is None


def test_absent(name):
    with pytest.raises(MlflowException) as refusal:
        mlflow.genai.load_prompt(f"prompts:/{name}/1")
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert mlflow.genai.load_prompt(f"prompts:/{name}/1", allow_missing=True) is None
