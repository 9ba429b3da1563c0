"""Where do messages lie? The context's only SQL.

messages     what people are told, and what is forgotten of it
deliveries   on which ways it goes, and every attempt
people       where people can be reached and what they want to hear
education    advice, campaigns, quizzes
"""
