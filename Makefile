# Outrider: make, make install, make demo, make test, make check, make matrix.
# docs/development.md says what each does.
#
# SPDX-License-Identifier: GPL-2.0-or-later

VERSION = 0.1
prefix ?= /usr
libdir ?= $(prefix)/lib/outrider
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/outrider
EXIM_INCLUDE ?= /usr/include/exim4
B ?= build

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef
override CPPFLAGS += -D_GNU_SOURCE -DOUTRIDER_VERSION='"$(VERSION)"' \
	-D_FORTIFY_SOURCE=2 -Icore -Ihost -isystem $(EXIM_INCLUDE)
override CFLAGS += -std=c11 -fPIC -fvisibility=hidden -fstack-protector-strong \
	$(WARNINGS) $(WERROR)
LIBS = -ldb-5.3 -lpcre2-8

CORE = $(patsubst core/%.c,$(B)/core/%.o,$(wildcard core/*.c))
ROUTER = $(patsubst %.c,$(B)/%.o,$(wildcard host/*.c router/*.c))
TOOLS = $(patsubst %.c,$(B)/%.o,$(wildcard tools/*.c))
UNIT = $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))

all: $(B)/router.so $(B)/outrider

$(B)/router.so: $(ROUTER) $(CORE) router/router.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now \
		-Wl,--version-script=router/router.map -o $@ \
		$(ROUTER) $(CORE) $(LIBS)

$(B)/outrider: $(TOOLS) $(CORE)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(TOOLS) $(CORE) $(LIBS)

$(B)/tests/%: tests/unit/%.c tests/unit/unit.h $(CORE)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -o $@ $< $(CORE) $(LIBS)

$(B)/classify-score: tests/classify_score.c $(CORE)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(CORE) $(LIBS)

$(B)/tests/deaf: tests/lib/deaf.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -c -o $@ $<

unit: $(UNIT)

clean:
	rm -rf $(B)

-include $(wildcard $(B)/*/*.d)

.PHONY: all unit clean
