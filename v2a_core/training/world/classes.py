"""The sounds the world knows by name, and the words people use for them."""

from dataclasses import dataclass

EVENT_FAMILIES = ("impacts", "strikes", "footsteps", "doors", "animals")
# A face may be seen under a sound that goes on, if the caption says so; it then says nothing.
TEXTURE_FAMILIES = ("textures", "vehicles", "crowds", "music", "faces")


@dataclass(frozen=True)
class SoundClass:
    """One kind of sound.

    kind: "event" (one recording an event), "texture" (one recording under the whole scene) or "speech" (what a face
    is seen to say). families: the scene
    families it may accompany. nouns: names of the sound ("a drum beat"). clauses: short sentences without a full stop.
    tags: words for a tag list, of which the first names the class. labels: AudioSet display names that count as the
    right answer of a tagger.
    """

    kind: str
    families: tuple[str, ...]
    nouns: tuple[str, ...]
    clauses: tuple[str, ...]
    tags: tuple[str, ...]
    labels: tuple[str, ...]


def _event(nouns: str, clauses: str, tags: str, labels: str) -> SoundClass:
    return SoundClass("event", EVENT_FAMILIES, *(_words(text) for text in (nouns, clauses, tags, labels)))


def _texture(nouns: str, clauses: str, tags: str, labels: str) -> SoundClass:
    return SoundClass("texture", TEXTURE_FAMILIES, *(_words(text) for text in (nouns, clauses, tags, labels)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


SOUND_CLASSES: dict[str, SoundClass] = {
    "wood_impact": _event(
        "wood impact | wooden knock | wooden thud | a hit on wood | knocking on wood | a wooden clunk | knocked planks",
        "something hits a wooden board | a block of wood drops on the floor | a wooden object lands with a thud"
        " | someone knocks on wood | wood knocks against wood | a plank is struck | a wooden crate bumps the ground",
        "wood | knock | thud | thunk | impact | wooden",
        "Wood | Knock | Thump, thud | Tap | Bang | Thunk | Door | Slam",
    ),
    "metal_impact": _event(
        "metal impact | metallic clang | metal clank | a hit on metal | clanging metal | a metal ping | iron ringing",
        "something hits a sheet of metal | a metal object drops and rings | steel clangs against steel"
        " | a metal pan is struck | a piece of iron clanks on the floor | metal knocks against metal",
        "metal | clang | clank | steel | impact",
        "Clang | Ding | Ping | Clatter | Jingle, tinkle | Dishes, pots, and pans | Bang | Hammer | Bell | Chink, clink"
        " | Cutlery, silverware",
    ),
    "stone_impact": _event(
        "stone impact | rock hitting rock | a stone knock | falling rocks | clacking stones | a hit on stone",
        "a stone drops on the ground | rocks knock together | a rock strikes a rock | something hits a stone wall"
        " | a pebble lands on stone | a brick is dropped | a boulder cracks against the ground",
        "stone | rock | pebble | brick | knock | impact",
        "Crack | Crushing | Knock | Tap | Thump, thud | Bang | Whack, thwack | Smash, crash | Breaking | Clatter",
    ),
    "glass_break": _event(
        "breaking glass | glass shattering | a glass smash | shattering glass | a window breaking | smashed glass",
        "a glass breaks | a window shatters | a bottle smashes on the floor | glass falls and shatters into pieces"
        " | a pane of glass is smashed | a jar drops and breaks",
        "glass | shatter | smash | breaking | shards",
        "Glass | Shatter | Breaking | Smash, crash | Chink, clink",
    ),
    "ball_bounce": _event(
        "bouncing ball | a ball bounce | a rubber ball bouncing | a basketball bouncing | dribbling",
        "a ball bounces on the floor | someone dribbles a basketball | a rubber ball hits the ground and bounces"
        " | a football is bounced | a ball drops and bounces again",
        "ball | bounce | bouncing | basketball | rubber",
        "Bouncing | Basketball bounce | Thump, thud | Thunk | Slap, smack",
    ),
    "hammering": _event(
        "hammering | hammer blows | a hammer | hammer on anvil | nails being hammered | a blacksmith at work",
        "someone hammers a nail | a hammer strikes an anvil | a carpenter is hammering | a worker hammers on metal"
        " | a hammer hits again and again | a smith beats the iron | a pickaxe strikes ore",
        "hammer | hammering | tools | anvil | nails",
        "Hammer | Tools | Clang | Wood | Knock | Bang | Tap",
    ),
    "wood_chopping": _event(
        "wood chopping | an axe chopping wood | chopping | axe blows | a tree being chopped | splitting logs",
        "someone chops wood | an axe hits a log | a lumberjack chops a tree | firewood is split with an axe"
        " | an axe bites into a tree trunk | logs are chopped",
        "axe | chop | chopping | wood | lumberjack",
        "Chop | Chopping (food) | Wood | Tools | Splinter | Hammer",
    ),
    "drum": _event(
        "drum | drumming | a drum beat | drum hits | a snare drum | a tom tom | a bass drum | a drum kit",
        "someone plays a drum | a drummer hits a snare | a drum is beaten | someone drums on a tom"
        " | a kick drum thumps | a drummer keeps the beat",
        "drum | drums | snare | tom | kick | percussion",
        "Drum | Snare drum | Bass drum | Drum kit | Percussion | Drum roll | Rimshot | Drum machine",
    ),
    "cymbal": _event(
        "cymbal | a cymbal crash | hi-hat | cymbals | a ride cymbal | a splash cymbal | a crash cymbal",
        "a cymbal is struck | a drummer hits the hi-hat | a crash cymbal rings | someone plays a ride cymbal"
        " | cymbals crash | a hi-hat ticks",
        "cymbal | hi-hat | crash | ride | percussion",
        "Cymbal | Hi-hat | Percussion | Drum kit",
    ),
    "tabla": _event(
        "tabla | tabla drumming | Indian hand drums | tabla strokes | hand drums | a tabla rhythm",
        "someone plays the tabla | hands tap on a tabla | an Indian hand drum is played | a tabla player keeps a rhythm"
        " | fingers strike the tabla",
        "tabla | hand drum | Indian | percussion",
        "Tabla | Drum | Percussion",
    ),
    "footsteps_grass": _event(
        "footsteps on grass | walking on grass | steps in grass | footsteps through grass | soft steps on a lawn",
        "someone walks on grass | feet brush through the grass | a person crosses a lawn | shoes rustle in a meadow"
        " | someone runs through grass",
        "grass | footsteps | walking | lawn | rustle",
        "Walk, footsteps | Run | Rustle | Rustling leaves | Shuffle",
    ),
    "footsteps_gravel": _event(
        "footsteps on gravel | walking on gravel | crunchy gravel steps | steps on pebbles | crunching gravel",
        "someone walks on gravel | feet crunch over gravel | a person walks a gravel path | shoes crunch on pebbles"
        " | someone runs on small stones",
        "gravel | footsteps | walking | crunch | pebbles",
        "Walk, footsteps | Run | Crunch | Crushing | Shuffle",
    ),
    "footsteps_wood": _event(
        "footsteps on wood | walking on a wooden floor | steps on floorboards | heels on parquet | steps on planks",
        "someone walks on a wooden floor | shoes knock on floorboards | a person crosses a wooden bridge"
        " | heels tap on parquet | boots tread on planks",
        "wooden floor | footsteps | walking | floorboards | boots",
        "Walk, footsteps | Run | Wood | Knock | Thump, thud | Shuffle",
    ),
    "footsteps_snow": _event(
        "footsteps in snow | walking in snow | snow crunching underfoot | steps on fresh snow | boots in the snow",
        "someone walks through snow | boots crunch in the snow | a person treads on fresh snow | feet sink into snow"
        " | someone runs over packed snow",
        "snow | footsteps | walking | crunch | winter",
        "Walk, footsteps | Run | Crunch | Crushing | Shuffle",
    ),
    "footsteps_stone": _event(
        "footsteps on stone | walking on pavement | steps on concrete | footsteps in a stone hall | shoes on tiles",
        "someone walks on stone | shoes click on the pavement | a person walks down a stone corridor"
        " | boots step on concrete | heels click on tiles",
        "stone floor | footsteps | pavement | concrete | walking | shoes",
        "Walk, footsteps | Run | Tap | Knock | Shuffle",
    ),
    "rain": _texture(
        "rain | rainfall | falling rain | a rain shower | heavy rain | rain drops | pouring rain",
        "rain is falling | it rains heavily | rain patters on the ground | a shower pours down | it is pouring"
        " | raindrops fall on leaves",
        "rain | rainfall | shower | raindrops | weather",
        "Rain | Raindrop | Rain on surface | Water | Pour",
    ),
    "wind": _texture(
        "wind | blowing wind | howling wind | a gust of wind | a windstorm | strong wind | a breeze",
        "the wind blows | wind howls around the house | a gust sweeps past | a storm wind whistles"
        " | a breeze rushes through the trees",
        "wind | gust | storm | howling | weather",
        "Wind | Wind noise (microphone) | Rustling leaves | Howl | Whoosh, swoosh, swish",
    ),
    "fire": _texture(
        "fire | a crackling fire | a campfire | burning wood | flames | a fireplace | crackling flames",
        "a fire crackles | a campfire burns | wood burns in a fireplace | flames crackle and pop"
        " | a bonfire is burning",
        "fire | flames | crackle | campfire | burning",
        "Fire | Crackle",
    ),
    "stream": _texture(
        "stream | flowing water | a running river | a babbling brook | a creek | a waterfall | a river",
        "a stream flows | water runs over stones | a brook babbles | a river rushes by | a creek trickles"
        " | water streams down",
        "stream | river | water | brook | flowing",
        "Stream | Water | Waterfall | Gurgling | Trickle, dribble | Splash, splatter | Pour",
    ),
    "waves": _texture(
        "waves | ocean waves | the sea | surf | waves on the shore | breaking waves | the ocean",
        "waves roll onto the beach | the sea washes ashore | ocean waves crash | the surf breaks on the rocks"
        " | waves lap at the shore",
        "waves | ocean | sea | surf | beach",
        "Waves, surf | Ocean | Water | Splash, splatter",
    ),
    "thunder": _texture(
        "thunder | a thunderclap | rolling thunder | a thunderstorm | distant thunder | thunder rumbling",
        "thunder rumbles | thunder rolls across the sky | a thunderclap booms | lightning strikes and thunder follows"
        " | a storm thunders",
        "thunder | thunderstorm | rumble | lightning | storm",
        "Thunder | Thunderstorm | Rumble | Boom",
    ),
    "car_engine": _texture(
        "car engine | an engine | a car | a car driving by | a motor | a running engine | a truck engine",
        "a car drives past | an engine is running | a car accelerates | a truck pulls away | a motor hums"
        " | a vehicle goes by",
        "car | engine | vehicle | motor | driving",
        "Vehicle | Car | Engine | Car passing by | Motor vehicle (road) | Accelerating, revving, vroom | Truck | Bus"
        " | Medium engine (mid frequency) | Heavy engine (low frequency) | Light engine (high frequency) | Idling"
        " | Race car, auto racing | Traffic noise, roadway noise | Engine starting",
    ),
    "train": _texture(
        "train | a passing train | a railway | a locomotive | a train on the tracks | a steam train | rail cars",
        "a train passes | a locomotive rolls by | a train rattles along the tracks | a steam engine chugs"
        " | wagons clatter over the rails",
        "train | railway | locomotive | rails | tracks",
        "Train | Rail transport | Railroad car, train wagon | Train wheels squealing | Subway, metro, underground"
        " | Clickety-clack | Steam | Vehicle",
    ),
    "airplane": _texture(
        "airplane | an aircraft | a plane flying over | a jet | a jet engine | a propeller plane | an aeroplane",
        "a plane flies overhead | a jet takes off | an aircraft passes | a propeller plane drones by"
        " | a jet roars across the sky",
        "airplane | aircraft | jet | plane | flying",
        "Aircraft | Fixed-wing aircraft, airplane | Jet engine | Propeller, airscrew | Aircraft engine | Vehicle"
        " | Engine",
    ),
    "door": _event(
        "closing door | a door slam | a slamming door | a door shutting | a door being closed | a gate falling shut",
        "a door slams shut | someone closes a door | a door falls into its lock | a gate is shut"
        " | a drawer is pushed in"
        " | the door bangs",
        "door | slam | shut | closing | gate",
        "Door | Slam | Sliding door | Cupboard open or close | Drawer open or close | Knock | Thump, thud | Wood"
        " | Bang",
    ),
    "dog": _event(
        "dog | a barking dog | dog barks | barking | a dog's bark | a hound barking",
        "a dog barks | a hound barks at someone | the dog is barking | a watchdog barks twice | a puppy yaps"
        " | dogs bark outside",
        "dog | bark | barking | animal | pet",
        "Dog | Bark | Yip | Growling | Animal | Domestic animals, pets | Bow-wow | Howl",
    ),
    "cow": _event(
        "cow | a mooing cow | mooing | cattle | a cow's moo | lowing cattle",
        "a cow moos | cattle low in the meadow | the cow is mooing | a bull bellows | a calf calls"
        " | cows moo on a farm",
        "cow | moo | cattle | animal | farm",
        "Moo | Cattle, bovinae | Livestock, farm animals, working animals | Animal | Cowbell",
    ),
    "sheep": _event(
        "sheep | bleating sheep | a bleating goat | bleating | a sheep's bleat | a lamb",
        "a sheep bleats | a goat bleats in the yard | a lamb calls | the sheep are bleating | a ram bleats"
        " | goats call from the hill",
        "sheep | bleat | goat | animal | farm",
        "Sheep | Bleat | Goat | Livestock, farm animals, working animals | Animal",
    ),
    "horse": _event(
        "horse | a neighing horse | neighing | a horse's neigh | a whinny | a snorting horse",
        "a horse neighs | a stallion whinnies | the horse snorts | a pony neighs in its stable | a mare whinnies"
        " | horses neigh in the field",
        "horse | neigh | whinny | animal | stable",
        "Horse | Neigh, whinny | Snort | Animal | Livestock, farm animals, working animals",
    ),
    "pig": _event(
        "pig | a grunting pig | grunting | oinking | a pig's squeal | an oinking pig",
        "a pig grunts | the pig oinks | a sow squeals | pigs grunt in the mud | a boar grunts | a piglet squeals",
        "pig | oink | grunt | animal | farm",
        "Pig | Oink | Animal | Livestock, farm animals, working animals | Grunt",
    ),
    "chicken": _event(
        "chicken | a clucking hen | clucking | a crowing rooster | a hen | a chicken's cluck",
        "a hen clucks | a rooster crows | chickens cluck in the yard | the cock crows | a hen cackles"
        " | a chicken clucks softly",
        "chicken | cluck | rooster | hen | farm",
        "Chicken, rooster | Cluck | Crowing, cock-a-doodle-doo | Fowl | Bird | Animal"
        " | Livestock, farm animals, working animals",
    ),
    "crowd": _texture(
        "crowd | a murmuring crowd | people talking | a babble of voices | an audience | a busy market | many voices",
        "a crowd murmurs | people talk all at once | an audience applauds | many voices babble"
        " | a market is full of people"
        " | guests chatter in a hall",
        "crowd | people | chatter | applause | audience",
        "Crowd | Chatter | Hubbub, speech noise, speech babble | Applause | Cheering | Speech | Conversation"
        " | Clapping",
    ),
    "music_calm": _texture(
        "calm music | peaceful music | a quiet tune | gentle background music | soft instruments | a serene melody",
        "calm music plays | a gentle melody drifts by | a peaceful tune is heard | soft music fills the air"
        " | slow music plays quietly | a tender theme plays",
        "calm music | music | peaceful | gentle | ambient",
        "Music | Ambient music | New-age music | Background music | Tender music | Musical instrument | Sad music"
        " | Harp | Flute | Piano | Guitar | Orchestra",
    ),
    "music_tense": _texture(
        "tense music | dark music | a threatening score | battle music | epic drums and strings | a sinister theme",
        "tense music plays | a dark theme builds up | battle music thunders | an ominous score rises"
        " | war drums beat under strings | the music threatens",
        "tense music | music | battle | ominous | dramatic",
        "Music | Scary music | Exciting music | Soundtrack music | Orchestra | Musical instrument | Drum"
        " | Video game music",
    ),
    "music_lively": _texture(
        "lively music | cheerful music | a happy tune | upbeat music | a merry dance | a playful melody",
        "lively music plays | a cheerful tune bounces along | upbeat music plays | a merry band plays a dance"
        " | happy music fills the street | a playful song plays",
        "lively music | music | happy | upbeat | dance",
        "Music | Happy music | Exciting music | Musical instrument | Folk music | Video game music | Dance music"
        " | Pop music",
    ),
    "speech": SoundClass(
        "speech",
        ("faces",),
        *(
            _words(text)
            for text in (
                "speech | a voice | someone speaking | a person talking | spoken words | a talking person",
                "someone speaks | a person talks to the camera | a voice is heard | somebody says something"
                " | a speaker addresses us | a person is speaking",
                "speech | voice | talking | speaking | person",
                "Speech | Male speech, man speaking | Female speech, woman speaking | Conversation"
                " | Narration, monologue"
                " | Speech synthesizer",
            )
        ),
    ),
}
