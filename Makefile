# Outrider: make, make install, make demo, make test, make check, make matrix.
# docs/development.md says what each does; V=1 shows the commands.
#
# SPDX-License-Identifier: GPL-2.0-or-later

VERSION = 0.1
prefix ?= /usr
libdir ?= $(prefix)/lib/outrider
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/outrider
unitdir ?= $(prefix)/lib/systemd/system
EXIM_INCLUDE ?= /usr/include/exim4
B ?= build

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef
override CPPFLAGS += -D_GNU_SOURCE -DOUTRIDER_VERSION='"$(VERSION)"' \
	-D_FORTIFY_SOURCE=2 $(addprefix -I,$(sort $(wildcard core/*)) host) -isystem $(EXIM_INCLUDE)
override CFLAGS += -std=c11 -fPIC -fvisibility=hidden -fstack-protector-strong \
	$(WARNINGS) $(WERROR)
LIBS = -ldb-5.3 -lpcre2-8
TLS_LIBS = -lssl -lcrypto
# The address book updater reads mail and Thunderbird's book.
BOOK_CFLAGS = $(shell pkg-config --cflags gmime-3.0 2>/dev/null | sed 's/-I/-isystem /g')
BOOK_LIBS = $(shell pkg-config --libs gmime-3.0 2>/dev/null) -lsqlite3

# adapt reads mail (GMime), archives (libarchive), S/MIME and OpenPGP.
ADAPT_NEEDS = gmime-3.0 libarchive libcrypto gpgme zlib
ADAPT_CFLAGS = $(shell pkg-config --cflags $(ADAPT_NEEDS) 2>/dev/null | sed 's/-I/-isystem /g')
ADAPT_LIBS = $(shell pkg-config --libs $(ADAPT_NEEDS) 2>/dev/null)

CORE = $(patsubst core/%.c,$(B)/core/%.o,$(wildcard core/*/*.c))
ROUTER = $(patsubst %.c,$(B)/%.o,host/exim.c host/setup.c $(wildcard router/*.c))
SCAN = $(patsubst %.c,$(B)/%.o,$(wildcard host/*.c local_scan/*.c))
BOOK = $(patsubst %.c,$(B)/%.o,$(wildcard addressbook/*.c))
TOOLS = $(patsubst %.c,$(B)/%.o,$(wildcard tools/*.c))
ADAPT = $(patsubst %.c,$(B)/%.o,$(wildcard transports/*.c transports/*/*.c))
ADAPT_PARTS = $(filter-out $(B)/transports/main.o,$(ADAPT))
ADAPT_UNIT = $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_adapt_*.c))
UNIT = $(filter-out $(if $(HAVE_ADAPT),,$(ADAPT_UNIT)), \
	$(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c)))

# One line a step; with V=1 the command itself.
Q = $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))
MAKE_ALL = $(MAKE) --no-print-directory -j$(shell nproc)

# Without GMime and SQLite the address book updater is left out; without what
# adapt needs, adapt. The last lines of `make` say so.
HAVE_BOOK := $(shell pkg-config --exists gmime-3.0 sqlite3 2>/dev/null && echo yes)
HAVE_ADAPT := $(shell pkg-config --exists gmime-3.0 libarchive libcrypto gpgme zlib 2>/dev/null && echo yes)
PROGRAMS = $(B)/outrider $(if $(HAVE_ADAPT),$(B)/adapt) $(if $(HAVE_BOOK),$(B)/outrider-addressbook)
without = @printf '  %-8s %s (needs: %s)\n' WITHOUT $(1) "$(2)"

all: $(B)/router.so $(B)/local_scan.so $(PROGRAMS)
	$(if $(HAVE_ADAPT),,$(call without,adapt,libgmime-3.0-dev \
		libarchive-dev libgpgme-dev zlib1g-dev pkg-config))
	$(if $(HAVE_BOOK),,$(call without,outrider-addressbook,libgmime-3.0-dev \
		libsqlite3-dev pkg-config))

# What is linked gets its name when it is whole: Exim may be loading it.
$(B)/router.so: $(ROUTER) $(CORE) router/router.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now \
		-Wl,--version-script=router/router.map -o $@.new \
		$(ROUTER) $(CORE) $(LIBS)
	$(Q)mv $@.new $@

$(B)/local_scan.so: $(SCAN) $(CORE) local_scan/local_scan.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,relro,-z,now \
		-Wl,--version-script=local_scan/local_scan.map -o $@.new \
		$(SCAN) $(CORE) $(LIBS)
	$(Q)mv $@.new $@

$(B)/outrider: $(TOOLS) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $(TOOLS) $(CORE) $(LIBS) \
		$(TLS_LIBS)
	$(Q)mv $@.new $@

$(B)/outrider-addressbook: $(BOOK) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $(BOOK) $(CORE) $(LIBS) \
		$(BOOK_LIBS)
	$(Q)mv $@.new $@

$(B)/adapt: $(ADAPT) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@.new $(ADAPT) $(CORE) $(LIBS) \
		$(ADAPT_LIBS)
	$(Q)mv $@.new $@

$(ADAPT) $(ADAPT_UNIT): override CPPFLAGS += $(ADAPT_CFLAGS) \
	$(addprefix -iquote ,transports $(sort $(wildcard transports/*/)))
$(ADAPT_UNIT): override LIBS += $(ADAPT_LIBS)
$(ADAPT_UNIT): $(ADAPT_PARTS)
$(BOOK): override CPPFLAGS += $(BOOK_CFLAGS)

$(B)/tests/%: tests/unit/%.c tests/unit/unit.h $(CORE)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< \
		$(filter %.o,$^) $(LIBS)

$(B)/classify-score: tests/classify_score.c $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(CORE) $(LIBS)

$(B)/tests/deaf: tests/lib/deaf.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $<

$(B)/tests/mailparts: tests/lib/mailparts.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(BOOK_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< \
		$(shell pkg-config --libs glib-2.0 2>/dev/null)

$(B)/tests/clock.so: tests/lib/clock.c
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared -fvisibility=default -o $@ $<

$(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

unit: $(UNIT)

objects: $(CORE)

# ------------------------------------------------- to run as root, anywhere --
deps:
	@sh tests/deps.sh

test: deps
	@$(MAKE_ALL) all unit $(B)/tests/deaf $(B)/tests/clock.so $(B)/tests/mailparts
	@tclsh tests/run.tcl $(TESTFLAGS)

demo: deps
	@$(MAKE_ALL) all $(B)/tests/deaf $(B)/tests/clock.so $(B)/tests/mailparts
	@tclsh tests/demo.tcl

check:
	@sh tests/deps.sh check
	@$(MAKE_ALL) all
	@bash tests/check.sh $(STEPS)

matrix:
	@sh tests/deps.sh matrix
	@bash tests/matrix.sh $(SUITES)

# Measures that take long, one after the other.
bench: deps
	@$(MAKE_ALL) all $(B)/tests/deaf $(B)/tests/clock.so
	@for script in $(wildcard bench/*.sh bench/*.tcl); do \
		echo "== $$script"; \
		case $$script in \
		*.sh) bash $$script ;; \
		*) tclsh $$script ;; \
		esac || exit 1; \
	done

classify-score: $(B)/classify-score
	@$(if $(FILE),,echo "usage: make classify-score FILE=replies.tsv" >&2; \
		exit 64;) $(B)/classify-score $(if $(VERBOSE),-v) $(FILE)

# ------------------------------------------------------------------ install --
# The examples name the folder that the files really went to. Pages lie as they
# do here, so that their links lead somewhere.
MAN = $(wildcard docs/man/*.[158])
DOCS = $(wildcard docs/*.md)
PICTURES = $(wildcard docs/pictures/*.png)
EXAMPLES = $(wildcard config-examples/*.conf config-examples/*/*/*)
UNITFILES = $(notdir $(wildcard systemd/*))
MANFILES = $(foreach page,$(MAN),$(mandir)/man$(patsubst \
	.%,%,$(suffix $(page)))/$(notdir $(page)))

install: all
	@install -d $(DESTDIR)$(libdir) $(DESTDIR)$(bindir) \
		$(DESTDIR)$(docdir)/config-examples $(DESTDIR)$(docdir)/docs
	$(call say,INSTALL,$(DESTDIR)$(libdir)/router.so)
	$(Q)install -m 644 $(B)/router.so $(DESTDIR)$(libdir)/router.so
	$(call say,INSTALL,$(DESTDIR)$(libdir)/local_scan.so)
	$(Q)install -m 644 $(B)/local_scan.so $(DESTDIR)$(libdir)/local_scan.so
	$(Q)if [ -e $(B)/adapt ]; then \
		printf '  %-8s %s\n' INSTALL $(DESTDIR)$(libdir)/adapt && \
		install -m 755 $(B)/adapt $(DESTDIR)$(libdir)/adapt; fi
	$(Q)for file in $(filter-out adapt,$(notdir $(PROGRAMS))); do \
		printf '  %-8s %s\n' INSTALL $(DESTDIR)$(bindir)/$$file && \
		install -m 755 $(B)/$$file $(DESTDIR)$(bindir)/$$file || exit 1; \
	done
	$(Q)ln -sfr $(DESTDIR)$(bindir)/outrider $(DESTDIR)$(libdir)/outrider
	$(call say,INSTALL,$(DESTDIR)$(docdir))
	$(Q)for file in $(EXAMPLES); do \
		install -d $(DESTDIR)$(docdir)/$${file%/*} && sed -e 's|/usr/lib/outrider|$(libdir)|g' \
			-e 's|/usr/share/doc/outrider|$(docdir)|g' $$file \
			>$(DESTDIR)$(docdir)/$$file && \
		chmod 644 $(DESTDIR)$(docdir)/$$file || exit 1; \
	done
	$(call say,INSTALL,$(DESTDIR)$(unitdir))
	$(Q)install -d $(DESTDIR)$(unitdir)
	$(Q)for file in $(UNITFILES); do \
		sed -e 's|@bindir@|$(bindir)|g' systemd/$$file \
			>$(DESTDIR)$(unitdir)/$$file && \
		chmod 644 $(DESTDIR)$(unitdir)/$$file || exit 1; \
	done
	$(Q)install -m 644 README.md NEWS.md $(DESTDIR)$(docdir)
	$(Q)install -m 644 $(DOCS) $(DESTDIR)$(docdir)/docs
	$(Q)$(if $(PICTURES),install -d $(DESTDIR)$(docdir)/docs/pictures && \
		install -m 644 $(PICTURES) $(DESTDIR)$(docdir)/docs/pictures)
	$(if $(MAN),$(call say,INSTALL,$(DESTDIR)$(mandir)))
	$(Q)$(foreach page,$(MANFILES),install -D -m 644 \
		docs/man/$(notdir $(page)) $(DESTDIR)$(page) &&) :

uninstall:
	$(Q)rm -f $(DESTDIR)$(libdir)/router.so $(DESTDIR)$(libdir)/outrider \
		$(DESTDIR)$(libdir)/local_scan.so $(DESTDIR)$(libdir)/adapt \
		$(DESTDIR)$(bindir)/outrider \
		$(DESTDIR)$(bindir)/outrider-addressbook $(addprefix $(DESTDIR),$(MANFILES)) \
		$(addprefix $(DESTDIR)$(unitdir)/,$(UNITFILES))
	$(Q)rm -rf $(DESTDIR)$(docdir)
	$(Q)if [ -d $(DESTDIR)$(libdir) ]; then \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)$(libdir); fi

clean:
	rm -rf $(B)

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)

.PHONY: all unit objects deps test demo check matrix bench classify-score install \
	uninstall clean
