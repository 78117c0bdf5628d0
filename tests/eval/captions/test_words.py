"""Words as the Penn Treebank tokenizer of COCO's evaluation splits them: facts, taken down from the program itself.

The right column is what `edu.stanford.nlp.process.PTBTokenizer -preserveLines -lowerCase` (3.4.1, the one inside
pycocoevalcap 1.2) writes for the left one, without the punctuation that COCO's evaluation leaves out.
"""

from __future__ import annotations

import pytest

from vtbr_eval.captions.words import ngrams, words

FACTS = r"""
A man's T-shirt, (red); don't  go!
    a man 's t-shirt -lrb- red -rrb- do n't go
black shoes.She walks.He waves
    black shoes.she walks.he waves
yellow/green, black/white/red, a/b/c/d and left / right
    yellow/green black/white/red a/b/c / d and left / right
w/ a bag, w/o shoes, and/or, he/she
    w / a bag w/o shoes and/or he/she
3/4 pants, 1/2, 11/12, 3 1/2, ½, 1/4-inch
    3/4 pants 1/2 11/12 3 1/2 1/2 1/4-inch
a 'shirt' and 'pants
    a shirt and pants
girls' coats, children's, James' bag, boss's
    girls coats children 's james bag boss 's
it’s “red” and ‘blue’, he`s
    it 's red and blue he s
cannot, can not, can't, won't, isn't, shan't, ain't, couldn't've
    can not can not ca n't wo n't is n't sha n't ai n't could n't 've
gonna wanna gotta lemme gimme dunno kinda
    gon na wan na got ta lem me gim me dunno kinda
'tis, 'twas, 'cause, 'em, 'til, 'bout, more'n, rock 'n' roll, black'n'white
    't is 't was 'cause 'em 'til bout more n rock 'n' roll black 'n' white
y'all, c'mon, ma'am, o'clock, d'you, O'Neil, l'oreal
    y' all c'mon ma'am o'clock d'you o'neil l'oreal
he'd, he'll, they've, I'm, you're, who'd've
    he 'd he 'll they 've i 'm you 're who 'd 've
1.5 m, 2,000, 12:30, .5, -5, +5, 5-7, 10-15, 1990-2000
    1.5 m 2,000 12:30 .5 -5 +5 5-7 10-15 1990-2000
5'10", 6' 2", 6ft, 5x7, 5+7
    5 10 6 2 6ft 5x7 5 +7
1st, 2nd, '90s, 90's, 1980s, '05, mid-20's
    1st 2nd '90s 90 's 1980s 05 mid-20 's
e.g. this, i.e. that, etc. and so on etc.
    e.g. this i.e. that etc. and so on etc.
Mr. Smith, Dr. Who, St. John, Jr., mr.smith
    mr. smith dr. who st. john jr. mr.smith
approx. five, max. two, no. 5, No.5, no. fig. 3, pp. 7
    approx five max two no. 5 no. 5 no fig. 3 pp. 7
3 a.m. in the U.S. today, u.s.-made, a.m.-p.m., Ph.D.
    3 a.m. in the u.s. today u.s.-made a.m.-p.m. ph.d.
T.V., t.v, A. B., x.y
    t.v. t.v a. b. x.y
wait... what -- yes - no — so – well…
    wait what yes no so well
shirt.. and shirt.... pants
    shirt and shirt pants
a,b red,white red;white red:white a.,b
    a b red white red white red white a. b
#1, # 2, #red, @user, $10, $ 5, 10%, 10 %, £5, €5
    # 1 # 2 #red @user $ 10 $ 5 10 % 10 % # 5 $ 5
black & white, R&B, at&t, AT&T, b&w, black &amp; white, &lt;x&gt;, &quot;x&quot;
    black & white r&b at & t at&t b & w black & white < x > x
me@example.com, http://example.com/x, www.example.com, x.com
    me@example.com, http://example.com/x www.example.com x.com
hello!! what? what?! ha!
    hello !! what what ?! ha
(a)(b) [c] {d} <e>
    -lrb- a -rrb- -lrb- b -rrb- -lsb- c -rsb- -lcb- d -rcb- <e>
a+b=c * ** ~ ^ _ a_b | \ @ > <
    a + b = c * ** ~ ^ _ a_b | \ @ > <
C++ and c#
    c++ and c#
:) :-) ;) :D red:dark
    :-rrb- :--rrb- ;-rrb- :d red dark
T-shirt t-shirt's long-sleeved well-dressed--man - blue-
    t-shirt t-shirt 's long-sleeved well-dressed man blue
-blue -5 blue-5 5-a a-'b
    blue -5 blue-5 5-a a b
his.t-shirt, he,white-and-black, 5.5-inch, v-neck.A
    his.t-shirt he,white-and-black 5.5-inch v-neck a
blue.She's red.He'll
    blue.she 's red.he 'll
women's-style men's/women's left/right-handed t-shirt/shirt
    women 's style men 's / women 's left/right-handed t-shirt/shirt
café naïve ÜBER приветa1 日本語 café/blue
    café naïve über приветa1 日本語 café / blue
emoji 😀 ☺ ❤ ™ © •
    emoji ☺ ❤ ™ © •
didn’t he’s man’s ’s
    did n't he 's man 's 's
a’b “a”b a"b a'b
    a b a b a b a b
shoes!the shoes?the it?s
    shoes!the shoes?the it?s
Ill. Miss. Mass. ill. sun. sat. Sept. Mon.
    ill. miss. mass. ill sun sat sept. mon.
cannot-x gotta-go gonna's cannot. cannot--
    cannot-x gotta-go gonna 's can not can not
&#39; & && a && b
    &#39; & & & a & & b
vs. vs inc. co. ft. in. lb. p. q.
    vs. vs inc. co. ft. in lb p. q.
"""
LINES = FACTS.strip("\n").split("\n")


@pytest.mark.parametrize(("caption", "expected"), list(zip(LINES[::2], LINES[1::2], strict=True)))
def test_words_are_those_of_the_penn_treebank(caption, expected):
    assert words(caption) == expected.split()


def test_punctuation_alone_is_no_word():
    assert words("") == words("... - ,") == words("“ ”") == []
    assert ngrams(["a"], 2).total() == 0


def test_a_caption_of_any_length_is_split():
    assert len(words("a-b.c'd/" * 20_000)) > 20_000
    assert words("<a " * 20_000 + "a@" * 20_000)[:2] == ["<", "a"]
    assert words("No. 5, no. five and no. 5") == ["no.", "5", "no", "five", "and", "no.", "5"]
