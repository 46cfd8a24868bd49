//! The vocabularies: attributes of other libraries, as their documents name them.

/// The attributes of a vocabulary.
pub(super) struct Vocabulary {
    /// The attribute that holds the type of a span.
    pub(super) kind: &'static str,
    /// Their types and ours.
    pub(super) kinds: &'static [(&'static str, &'static str)],
    pub(super) inputs: &'static [&'static str],
    pub(super) outputs: &'static [&'static str],
    pub(super) input_tokens: &'static [&'static str],
    pub(super) output_tokens: &'static [&'static str],
    pub(super) total_tokens: &'static [&'static str],
    pub(super) cache_read: &'static [&'static str],
    pub(super) cache_creation: &'static [&'static str],
    pub(super) models: &'static [&'static str],
    pub(super) provider: &'static [&'static str],
}

const NONE: Vocabulary = Vocabulary {
    kind: "",
    kinds: &[],
    inputs: &[],
    outputs: &[],
    input_tokens: &[],
    output_tokens: &[],
    total_tokens: &[],
    cache_read: &[],
    cache_creation: &[],
    models: &[],
    provider: &[],
};

/// OpenInference semantic conventions.
const OPEN_INFERENCE: Vocabulary = Vocabulary {
    kind: "openinference.span.kind",
    kinds: &[
        ("TOOL", "TOOL"),
        ("CHAIN", "CHAIN"),
        ("LLM", "LLM"),
        ("RETRIEVER", "RETRIEVER"),
        ("EMBEDDING", "EMBEDDING"),
        ("AGENT", "AGENT"),
        ("RERANKER", "RERANKER"),
        ("UNKNOWN", "UNKNOWN"),
        ("GUARDRAIL", "GUARDRAIL"),
        ("EVALUATOR", "EVALUATOR"),
    ],
    inputs: &["input.value"],
    outputs: &["output.value"],
    input_tokens: &["llm.token_count.prompt"],
    output_tokens: &["llm.token_count.completion"],
    total_tokens: &["llm.token_count.total"],
    cache_read: &["llm.token_count.prompt_details.cache_read"],
    cache_creation: &["llm.token_count.prompt_details.cache_write"],
    models: &[
        "llm.response.model_name",
        "llm.model_name",
        "llm.request.model_name",
        "embedding.model_name",
    ],
    provider: &["llm.provider"],
};

/// OpenTelemetry's semantic conventions for generative AI.
const GEN_AI: Vocabulary = Vocabulary {
    kind: "gen_ai.operation.name",
    kinds: &[
        ("chat", "CHAT_MODEL"),
        ("create_agent", "AGENT"),
        ("embeddings", "EMBEDDING"),
        ("execute_tool", "TOOL"),
        ("generate_content", "LLM"),
        ("invoke_agent", "AGENT"),
        ("text_completion", "LLM"),
        ("response", "LLM"),
    ],
    inputs: &["gen_ai.input.messages", "gen_ai.tool.call.arguments"],
    outputs: &["gen_ai.output.messages", "gen_ai.tool.call.result"],
    input_tokens: &["gen_ai.usage.input_tokens"],
    output_tokens: &["gen_ai.usage.output_tokens"],
    cache_read: &["gen_ai.usage.cache_read.input_tokens"],
    cache_creation: &[
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
    ],
    models: &["gen_ai.response.model", "gen_ai.request.model"],
    provider: &["gen_ai.provider.name"],
    ..NONE
};

/// Traceloop, also called OpenLLMetry.
const TRACELOOP: Vocabulary = Vocabulary {
    kind: "traceloop.span.kind",
    kinds: &[
        ("workflow", "WORKFLOW"),
        ("task", "TASK"),
        ("agent", "AGENT"),
        ("tool", "TOOL"),
        ("unknown", "UNKNOWN"),
    ],
    inputs: &[
        "traceloop.entity.input",
        "gen_ai.prompt.*.content",
        "gen_ai.completion.*.tool_calls.*.arguments",
    ],
    outputs: &["traceloop.entity.output", "gen_ai.completion.*.content"],
    input_tokens: &["gen_ai.usage.prompt_tokens"],
    output_tokens: &["gen_ai.usage.completion_tokens"],
    total_tokens: &["llm.usage.total_tokens"],
    provider: &["gen_ai.system"],
    ..NONE
};

/// Google's Agent Development Kit.
const GOOGLE_ADK: Vocabulary = Vocabulary {
    inputs: &["gcp.vertex.agent.llm_request", "gcp.vertex.agent.tool_call_args"],
    outputs: &["gcp.vertex.agent.llm_response", "gcp.vertex.agent.tool_response"],
    ..NONE
};

/// Vercel's AI SDK.
const VERCEL: Vocabulary = Vocabulary {
    kind: "ai.operationId",
    kinds: &[
        ("ai.generateText", "LLM"),
        ("ai.generateText.doGenerate", "LLM"),
        ("ai.toolCall", "TOOL"),
        ("ai.streamText", "LLM"),
        ("ai.streamText.doStream", "LLM"),
        ("ai.generateObject", "LLM"),
        ("ai.generateObject.doGenerate", "LLM"),
        ("ai.streamObject", "LLM"),
        ("ai.streamObject.doStream", "LLM"),
        ("ai.embed", "EMBEDDING"),
        ("ai.embed.doEmbed", "EMBEDDING"),
        ("ai.embedMany", "EMBEDDING"),
    ],
    inputs: &["ai.prompt", "ai.toolCall.args", "ai.value", "ai.values"],
    outputs: &[
        "ai.response.text",
        "ai.toolCall.result",
        "ai.response.object",
        "ai.embedding",
        "ai.embeddings",
    ],
    ..NONE
};

/// Laminar.
const LAMINAR: Vocabulary = Vocabulary {
    kind: "lmnr.span.type",
    kinds: &[
        ("LLM", "LLM"),
        ("TOOL", "TOOL"),
        ("DEFAULT", "CHAIN"),
        ("PIPELINE", "CHAIN"),
        ("EXECUTOR", "AGENT"),
        ("EVALUATOR", "EVALUATOR"),
        ("HUMAN_EVALUATOR", "EVALUATOR"),
        ("EVALUATION", "EVALUATOR"),
        ("CACHED", "LLM"),
    ],
    inputs: &["lmnr.span.input"],
    outputs: &["lmnr.span.output"],
    ..NONE
};

/// Langfuse.
const LANGFUSE: Vocabulary = Vocabulary {
    kind: "langfuse.observation.type",
    kinds: &[
        ("generation", "LLM"),
        ("embedding", "EMBEDDING"),
        ("tool", "TOOL"),
        ("retriever", "RETRIEVER"),
        ("agent", "AGENT"),
        ("chain", "CHAIN"),
        ("evaluator", "EVALUATOR"),
        ("guardrail", "GUARDRAIL"),
        ("span", "UNKNOWN"),
    ],
    inputs: &["langfuse.observation.input"],
    outputs: &["langfuse.observation.output"],
    ..NONE
};

/// All of them, in the order in which they are looked through.
pub(super) const VOCABULARIES: &[Vocabulary] =
    &[OPEN_INFERENCE, GEN_AI, TRACELOOP, GOOGLE_ADK, VERCEL, LAMINAR, LANGFUSE];
