"""What do messages say, when do they go, and what follows from what a carrier answered?

templates   which messages there are, and their words in each language
wording     how money and times are written
timing      when a message goes, and until when it is worth sending
retries     what follows from what a carrier said
tips        what people are taught: by moment, and on a calendar
quizzes     which questions are asked, and when a quiz is passed
"""
