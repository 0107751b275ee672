# SPDX-License-Identifier: MIT
# The image with one facade more, compiled for it. From the folder with the facade's source:
#
#   docker build -f …/docker/Dockerfile --target sdk -t structured-log-transfer:sdk …
#   docker build -f …/docker/facade.Dockerfile --build-arg FACADE=my_events .

ARG IMAGE=structured-log-transfer
ARG SDK=structured-log-transfer:sdk

FROM ${SDK} AS facade
ARG FACADE
WORKDIR /facade
COPY ${FACADE}.c .
# hadolint ignore=SC2046
RUN cc -Wall -Wextra -O2 -fPIC -shared -fvisibility=hidden $(pkg-config --cflags slt-facade) \
	-Wl,-z,defs -o "${FACADE}.so" "${FACADE}.c"

FROM ${IMAGE}
# Beside the others: there it belongs to root, and nobody else can write it.
COPY --from=facade /facade/*.so /usr/lib/structured-log-transfer/
