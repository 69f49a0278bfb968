"use strict";

SwaggerUIBundle({
  url: "{% url 'api-schema' %}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: "none",
  {% if request.user.is_authenticated %}requestInterceptor: (request) => {
    if (request.method && request.method !== "GET") {
      request.headers["X-CSRFToken"] = "{{ csrf_token }}";
    }
    return request;
  },{% endif %}
});
