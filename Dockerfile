# The application; the database is a service of its own (see compose.yaml).
FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 sozialraum && mkdir /app && chown sozialraum /app
WORKDIR /app
# Set before bootstrap.sh so that no PostgreSQL server is installed into this image.
ENV SOZIALRAUM_DATABASE_URL=postgresql://sozialraum@database/sozialraum \
    SOZIALRAUM_STATE_DIR=/app/.sozialraum \
    SOZIALRAUM_USER=container \
    CITY=sample
COPY --chown=sozialraum . .
USER sozialraum
RUN ./bootstrap.sh
VOLUME /app/.sozialraum
EXPOSE 8000
CMD ["sh", "-c", "exec .venv/bin/sozialraum run \"$CITY\" ${FROM:+--from \"$FROM\"} --host 0.0.0.0 --port 8000"]
